"""Reads what a captures folder holds of one build. Files may be there as they are or compressed (NAME.zst)."""

import collections
import io
import json
import re
import subprocess
import tarfile

KernelSymbol = collections.namedtuple("KernelSymbol", "address kind name")
ImageCall = collections.namedtuple("ImageCall", "caller address return_offset size callee callee_address")


def kallsyms_of(lines):
    symbols = []
    for line in lines:
        address, kind, name = line.split()[:3]
        symbols.append(KernelSymbol(int(address, 16), kind, name))
    return symbols


class CapturesFolder:
    def __init__(self, path):
        self.path = path

    def has(self, name):
        return (self.path / name).is_file() or (self.path / f"{name}.zst").is_file()

    def read(self, name):
        plain, packed = self.path / name, self.path / f"{name}.zst"
        if plain.is_file():
            return plain.read_bytes()
        return subprocess.run(["zstd", "-dcq", str(packed)], check=True, stdout=subprocess.PIPE).stdout

    def lines(self, name):
        return self.read(name).decode("utf-8", errors="replace").splitlines()

    def kallsyms(self):
        """Text symbols in the kernel's own order."""
        return kallsyms_of(self.lines("kallsyms"))

    def traced_functions(self):
        """(name, module or None) of available_filter_functions, in its order, which is that of the addresses."""
        functions = []
        for line in self.lines("available_filter_functions"):
            parts = line.split()
            functions.append((parts[0], parts[1].strip("[]") if len(parts) > 1 else None))
        return functions

    def image_calls(self):
        for line in self.lines("calls.tsv"):
            caller, address, offset, size, callee, callee_address = line.split("\t")
            yield ImageCall(caller, int(address, 16), int(offset, 16), int(size, 16), callee, int(callee_address, 16))

    def dwarf_edges(self):
        """{"file:function": [instance, …]}; nothing where DWARF was not read."""
        if not self.has("dwarf-edges.json"):
            return {}
        return json.loads(self.read("dwarf-edges.json"))

    def captured_mask(self):
        """Lines of a mask that `kflow learn --mask` made of the captures; none where it was not asked."""
        return [line for line in self.lines("captures.mask") if line[:1] not in "#"] if self.has("captures.mask") else []

    def tracefs(self):
        """{path: text} of the event formats, option names and tracers."""
        with tarfile.open(fileobj=io.BytesIO(self.read("tracefs.tar"))) as archive:
            return {member.name: archive.extractfile(member).read().decode() for member in archive if member.isfile()}

    def version_line(self):
        return self.read("version").decode().strip()

    def captures(self, pattern):
        """(name, lines) of the captures whose name (without .trace) matches, sorted."""
        names = {re.sub(r"\.trace(\.zst)?$", "", entry.name) for entry in self.path.iterdir() if ".trace" in entry.name}
        for name in sorted(names):
            if re.fullmatch(pattern, name):
                yield name, self.lines(f"{name}.trace")
