"""The call sites of a kernel Image (ARM64): its `bl` and `blr`, each with the function that it stands in and whom it calls."""

import bisect
import struct

from captures_folder import ImageCall
from control_flow import branch_offset
from lab_error import LabError

INDIRECT = "*"
TEXT_KINDS = "tTwW"
IMAGE_ALIGNMENT = 2 << 20  # where the Image begins, some pages before _stext
SECOND_NAME = "__pi_"  # of functions that the early boot code calls too


class TextSymbols:
    """The kernel's own text: which function an address lies in."""

    def __init__(self, kallsyms):
        """kallsyms: KernelSymbol of everything but modules, in the kernel's order."""
        self.names = {}  # by address; where there are several, the first but for second names
        for symbol in kallsyms:
            if symbol.kind in TEXT_KINDS and self.names.get(symbol.address, SECOND_NAME).startswith(SECOND_NAME):
                self.names[symbol.address] = symbol.name
        self.starts = sorted(self.names)
        by_name = {symbol.name: symbol.address for symbol in kallsyms}
        missing = [name for name in ("_stext", "_etext", "_sinittext") if name not in by_name]
        if missing:
            raise LabError(f"the kernel's symbols have no {', '.join(missing)}: are they all there?")
        self.first, self.end, self.init = (by_name[name] for name in ("_stext", "_etext", "_sinittext"))
        self.base = by_name.get("_text", self.first // IMAGE_ALIGNMENT * IMAGE_ALIGNMENT)  # 6.1 does not list it

    def function_at(self, address):
        """(start, size) of the function that an address lies in; its size goes to the next symbol, as the kernel has it."""
        index = bisect.bisect_right(self.starts, address) - 1
        return self.starts[index], self.starts[index + 1] - self.starts[index]


def image_calls(content, symbols):
    """ImageCall of every site, in the order of addresses. Init text is left out on both sides: it is gone when somebody traces."""
    first, end = symbols.first - symbols.base, symbols.end - symbols.base
    for place, (word,) in zip(range(first, end, 4), struct.iter_unpack("<I", content[first:end])):
        address = symbols.base + place
        if word >> 26 == 0x25:
            destination = address + branch_offset(word)
            if destination < symbols.init:
                target, _ = symbols.function_at(destination)
                yield call_at(symbols, address, symbols.names[target], target)
        elif word & 0xFFFFFC1F == 0xD63F0000:
            yield call_at(symbols, address, INDIRECT, 0)


def call_at(symbols, address, callee, target):
    start, size = symbols.function_at(address)
    return ImageCall(symbols.names[start], start, address + 4 - start, size, callee, target)


def calls_text(calls):
    """calls.tsv: caller, its address, return offset, caller's size, callee, its address; numbers in hex."""
    return "".join(f"{call.caller}\t{call.address:x}\t{call.return_offset:x}\t{call.size:x}\t{call.callee}\t{call.callee_address:x}\n"
                   for call in calls)
