"""The decoder of call sites, on a small Image."""

import struct
import unittest

from captures_folder import ImageCall, KernelSymbol
from image_calls import TextSymbols, calls_text, image_calls
from lab_error import LabError

BASE = 0xFFFF800080000000
NOP, RET, BLR_X3, B_BACK = 0xD503201F, 0xD65F03C0, 0xD63F0060, 0x17FFFFFF

SYMBOLS = [KernelSymbol(BASE + offset, kind, name) for offset, kind, name in (
    (0x00, "T", "_text"), (0x10, "T", "_stext"), (0x10, "t", "first"), (0x20, "t", "__pi_second"), (0x20, "T", "second"),
    (0x30, "D", "_etext"), (0x30, "T", "_sinittext"), (0x34, "T", "at_boot"))]


def branch_and_link(place, target):
    return 0x94000000 | (target - place) // 4 & 0x3FFFFFF


def image(words):
    """An Image whose text begins at 0x10 with these."""
    return bytes(0x10) + struct.pack(f"<{len(words)}I", *words) + bytes(0x20)


def calls(*words):
    return list(image_calls(image(words), TextSymbols(SYMBOLS)))


class Decoder(unittest.TestCase):
    def test_a_call_forwards_has_its_return_offset_and_its_callers_size(self):
        self.assertEqual(calls(NOP, branch_and_link(0x14, 0x20)), [ImageCall("_stext", BASE + 0x10, 8, 0x10, "second", BASE + 0x20)])

    def test_a_call_backwards(self):
        found = calls(NOP, NOP, NOP, RET, branch_and_link(0x20, 0x10))
        self.assertEqual(found, [ImageCall("second", BASE + 0x20, 4, 0x10, "_stext", BASE + 0x10)])

    def test_a_call_through_a_pointer(self):
        self.assertEqual(calls(BLR_X3), [ImageCall("_stext", BASE + 0x10, 4, 0x10, "*", 0)])

    def test_a_call_to_the_middle_of_a_function_is_one_of_it(self):
        self.assertEqual(calls(branch_and_link(0x10, 0x24))[0].callee, "second")

    def test_branches_and_returns_are_no_calls(self):
        self.assertEqual(calls(NOP, B_BACK, RET), [])

    def test_init_text_is_left_out_on_both_sides(self):
        self.assertEqual(calls(branch_and_link(0x10, 0x34)), [])
        in_init_text = [NOP] * 8 + [branch_and_link(0x30, 0x10)]
        self.assertEqual(calls(*in_init_text), [])

    def test_the_file(self):
        self.assertEqual(calls_text(calls(BLR_X3)), "_stext\tffff800080000010\t4\t10\t*\t0\n")

    def test_where_the_image_begins_is_told_by_its_text_too(self):
        without = TextSymbols([symbol for symbol in SYMBOLS if symbol.name != "_text"])
        self.assertEqual(without.base, TextSymbols(SYMBOLS).base)

    def test_symbols_without_their_ends_are_refused(self):
        with self.assertRaisesRegex(LabError, "_etext"):
            TextSymbols([symbol for symbol in SYMBOLS if symbol.name != "_etext"])
