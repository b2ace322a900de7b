"""How a guest's results come out, and the modules for that: Debian's kernels differ in what they have and what is built in."""

import lzma
import re

from lab_error import LabError

# A folder of this machine, or a disk that an archive is written to: the cloud kernels have no 9p.
WAYS_OUT = {"folder": ["virtio_pci", "9pnet_virtio", "9p"], "disk": ["virtio_pci", "virtio_blk"]}


def depends_of(content):
    """What a module's own information says that it depends on."""
    found = re.search(rb"\0depends=([^\0]*)\0", content)
    return [name.replace("-", "_") for name in found.group(1).decode().split(",") if name] if found else []


def in_order(wanted, content_of):
    """{name: content} of the wanted modules and what they depend on, each after its dependencies. content_of(name) is None for what is
    built in."""
    loaded = {}

    def load(name):
        content = None if name in loaded else content_of(name)
        if content is None:
            return
        for needed in depends_of(content):
            load(needed)
        loaded[name] = content

    for name in wanted:
        load(name)
    return loaded


def built_in(kernel_root):
    return {module_name(line) for listed in kernel_root.rglob("modules.builtin") for line in listed.read_text().split()}


def module_name(path):
    return re.sub(r"\.ko(\.\w+)?$", "", path.rpartition("/")[2]).replace("-", "_")


def way_out(kernel_root):
    """(one of WAYS_OUT, its modules in the order in which they can be loaded) for an unpacked kernel."""
    files = {module_name(path.name): path for path in kernel_root.rglob("*.ko*")}
    there = files.keys() | built_in(kernel_root)
    way = next((way for way, modules in WAYS_OUT.items() if modules[-1] in there), None)
    if way is None:
        raise LabError("this kernel has neither 9p nor virtio_blk: nothing that it records could come out")

    def content_of(name):
        if name not in files:
            return None
        content = files[name].read_bytes()
        if files[name].suffix == ".xz":
            return lzma.decompress(content)
        if files[name].suffix != ".ko":
            raise LabError(f"{files[name].name}: expected a module as it is or packed by xz")
        return content

    return way, in_order(WAYS_OUT[way], content_of)
