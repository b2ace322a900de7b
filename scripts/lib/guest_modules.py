"""The modules that a guest needs to share a folder with this machine, of whatever kernel: Debian's kernels differ in which are built in."""

import lzma
import re

from lab_error import LabError

SHARE = ["virtio_pci", "9pnet_virtio", "9p"]


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


def share_modules(kernel_root):
    """Those of an unpacked kernel, in the order in which they can be loaded."""
    files = {re.sub(r"\.ko(\.\w+)?$", "", path.name).replace("-", "_"): path for path in kernel_root.rglob("*.ko*")}

    def content_of(name):
        if name not in files:
            return None
        content = files[name].read_bytes()
        if files[name].suffix == ".xz":
            return lzma.decompress(content)
        if files[name].suffix != ".ko":
            raise LabError(f"{files[name].name}: expected a module as it is or packed by xz")
        return content

    return in_order(SHARE, content_of)
