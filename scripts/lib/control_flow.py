"""In which order a function's calls can come: read off the branches of a kernel Image (ARM64).

A function's calls are its sites: `bl` and `blr`, and `b` and `br` that leave for another function (tail calls). Between them
lie branches; what can come next behind a site is found by following both ways of each. What the kernel patches at boot counts both ways:
jump labels (struct jump_entry, kernel/jump_label.c) and alternatives (struct alt_instr, arch/arm64/kernel/alternative.c). Their tables have no
symbol in kallsyms, but no other data looks like them: long runs of entries whose places are code.
"""

import array
import bisect
import collections
import struct

NOP = 0xD503201F
RETURNS = {0xD65F0BFF, 0xD65F0FFF}  # retaa, retab; ret has a register
ERET = 0xD69F03E0
END = "$"
FEWEST_ENTRIES = 16  # of a run that counts as a table
LONGEST_JUMP = 0x8000  # bytes from a jump label to its target: within one function
LONGEST_ALTERNATIVE = 128  # bytes of code that one alternative replaces
MOST_CAPABILITIES = 256  # ARM64_NCAPS is below that (arch/arm64/tools/cpucaps)


def signed(value, bits):
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


def branch_offset(word):
    """Bytes from a `b` or `bl` to its target."""
    return 4 * signed(word & 0x3FFFFFF, 26)


class Image:
    """The bytes of an uncompressed kernel Image; addresses are offsets from its first byte (_text)."""

    def __init__(self, content, symbols):
        """symbols: {offset: names} of its text."""
        self.content = content
        self.names = symbols
        self.starts = sorted(symbols)
        self.end = len(content) - 4
        self.words = array.array("i")
        self.words.frombytes(content[:len(content) // 4 * 4])
        self.jumps = self.find_jumps()
        self.alternatives = self.find_alternatives()

    def word(self, place):
        return struct.unpack_from("<I", self.content, place)[0]

    def is_code(self, place):
        return place % 4 == 0 and self.starts[0] <= place < self.starts[-1]

    def end_of(self, start):
        index = bisect.bisect_right(self.starts, start)
        return self.starts[index] if index < len(self.starts) else self.end

    def is_cold(self, place):
        return any(name.endswith(".cold") for name in self.names[place])

    def runs(self, width, entry_at):
        """Entries of `width` words that entry_at(index of the first word) takes for real, in runs of at least FEWEST_ENTRIES."""
        for phase in range(width):
            run = []
            for index in range(phase, len(self.words) - width, width):
                entry = entry_at(index)
                if entry:
                    run.append(entry)
                    continue
                if len(run) >= FEWEST_ENTRIES:
                    yield from run
                run = []

    def find_jumps(self):
        """{place: targets} of the jump labels: a nop or a branch stands there, the kernel makes it the other one."""
        words = self.words

        def entry_at(index):
            code, target = 4 * index + words[index], 4 * index + 4 + words[index + 1]
            key = words[index + 2]  # 64 bits wide, and never far away
            if (code == target or abs(code - target) >= LONGEST_JUMP or words[index + 3] != (-1 if key < 0 else 0) or key == 0
                    or not self.is_code(code) or not self.is_code(target)):
                return None
            word = self.word(code)
            return (code, target) if word == NOP or word >> 26 == 5 else None

        found = collections.defaultdict(set)
        for code, target in self.runs(4, entry_at):
            found[code].add(target)
        return found

    def find_alternatives(self):
        """{place: where the instruction stands that may replace it; None if a function of the kernel's makes it}."""
        words = self.words

        def entry_at(index):
            code, other, rest = 4 * index + words[index], 4 * index + 4 + words[index + 1], words[index + 2] & 0xFFFFFFFF
            capability, length, other_length = rest & 0x7FFF, rest >> 16 & 255, rest >> 24
            real = (self.starts[0] <= code < self.end and 0 <= other < self.end and code % 4 == 0 and other % 4 == 0 and abs(code - other) > 64
                    and length % 4 == 0 and 0 < length <= LONGEST_ALTERNATIVE and other_length in (0, length) and capability < MOST_CAPABILITIES)
            return (code, other if other_length else None, length) if real else None

        found = collections.defaultdict(set)
        for code, other, length in self.runs(3, entry_at):
            for offset in range(0, length, 4):
                found[code + offset].add(None if other is None else other + offset)
        return found


# How gcc compiles a switch for ARM64: the table has offsets in instructions, of one, two or four bytes, from a label in the code.
#     adrp x2, table        add x2, x2, #table        …        cmp w1, #N        b.hi default
#     ldrb w0, [x2, w1, uxtw]        adr x1, label        add x0, x1, w0, sxtb #2        br x0
# The table's address may come from far away, through the stack.
SWITCH_WINDOW = 12  # instructions before the `br` in which the rest stands
FEWEST_CASES = 4  # gcc compares where there are fewer
LARGEST_SWITCH = 512
LOADS = {0x38600800: (1, "b"), 0x78600800: (2, "h"), 0xB8600800: (4, "i")}  # ldrb, ldrh, ldr (register)


def address_constants(image, start, end):
    """Addresses of data that a function makes: adrp, and an add to the same register a little later."""
    found, pages = set(), {}
    for place in range(start, end, 4):
        word = image.word(place)
        if word & 0x9F000000 == 0x90000000:  # adrp
            pages[word & 31] = (place & ~0xFFF) + (signed((word >> 5 & 0x7FFFF) << 2 | word >> 29 & 3, 21) << 12)
        elif word & 0xFFC00000 == 0x91000000 and word >> 5 & 31 in pages:  # add #
            found.add(pages[word >> 5 & 31] + (word >> 10 & 0xFFF))
    return found


def switch_targets(image, start, end, place):
    """Where the `br` of a switch may lead to; nothing if it is none."""
    register, parts, load, label = image.word(place) >> 5 & 31, None, None, None
    for before in range(place - 4, max(start, place - 4 * SWITCH_WINDOW) - 1, -4):
        word = image.word(before)
        if parts is None and word & 0xFFE00000 == 0x8B200000 and word & 31 == register and word >> 13 & 7 in (4, 5, 6):  # add, sxtb sxth sxtw
            parts = (word >> 5 & 31, word >> 16 & 31)
        elif parts and label is None and word & 0x9F000000 == 0x10000000 and word & 31 == parts[0]:  # adr
            label = before + signed((word >> 5 & 0x7FFFF) << 2 | word >> 29 & 3, 21)
        elif parts and load is None and word & 0xFFE00C00 in LOADS and word & 31 == parts[1]:
            load = LOADS[word & 0xFFE00C00]
    if label is None or load is None:
        return []
    targets = []
    for table in sorted(address_constants(image, start, end)):
        cases = cases_of(image, table, load, label, start, end)
        targets += cases if len(cases) >= FEWEST_CASES else []
    return list(dict.fromkeys(targets))


def cases_of(image, table, load, label, start, end):
    """What a table's entries lead to, as long as that is in the function."""
    (width, code), cases = load, []
    for entry in range(LARGEST_SWITCH):
        at = table + entry * width
        if not 0 <= at <= len(image.content) - width:
            break
        target = label + 4 * struct.unpack_from("<" + code, image.content, at)[0]
        if not start <= target < end:
            break
        cases.append(target)
    return cases


class Function:
    """The sites of one function and what can come behind each."""

    def __init__(self, image, start):
        self.image, self.start, self.end = image, start, image.end_of(start)
        self.sites = {}  # place → target, or None if it is reached through a pointer
        self.next = {}  # place → places, END
        self.jump_tables = []  # `br` whose targets are not known
        self.follow([start])
        self.reach_the_rest()

    def follow(self, places):
        image = self.image
        while places:
            place = places.pop()
            if place == END or place in self.next:
                continue
            # Behind the last instruction stands another function: a call that does not return was the last.
            ran_out = place in image.names and place != self.start and place - 4 in self.next and not image.is_cold(place)
            outside = not 0 <= place < image.end
            self.next[place] = [] if ran_out or outside else self.behind(place)
            places.extend(self.next[place])

    def behind(self, place):
        """Where an instruction leads to, as it stands and as it may be patched."""
        found = self.behind_word(place, place)
        for other in self.image.alternatives.get(place, ()):
            found += [place + 4] if other is None else self.behind_word(place, other)
        if place in self.image.jumps:
            found += [place + 4, *sorted(self.image.jumps[place])]
        return list(dict.fromkeys(found))

    def behind_word(self, place, source):
        """The instruction at `source` as if it stood at `place`."""
        image, word, after = self.image, self.image.word(source), place + 4
        if word >> 26 == 0x25:  # bl
            self.sites[place] = source + branch_offset(word)
            return [after]
        if word >> 26 == 5:  # b
            target = source + branch_offset(word)
            if target in image.names and target != self.start and not image.is_cold(target):
                self.sites[place] = target
                return [END]
            return [target]
        if word >> 24 == 0x54 or word & 0x7E000000 == 0x34000000:  # b.cond, cbz, cbnz
            return [after, source + 4 * signed(word >> 5 & 0x7FFFF, 19)]
        if word & 0x7E000000 == 0x36000000:  # tbz, tbnz
            return [after, source + 4 * signed(word >> 5 & 0x3FFF, 14)]
        if word & 0xFFFFFC1F == 0xD63F0000:  # blr
            self.sites[place] = None
            return [after]
        if word & 0xFFFFFC1F == 0xD61F0000:  # br: a tail call through a pointer, or a switch
            targets = switch_targets(image, self.start, self.end, source)
            if targets:
                return targets
            self.sites[place] = None
            self.jump_tables.append(place)
            return [END]
        if word & 0xFFFFFC1F == 0xD65F0000 or word in RETURNS or word == ERET:
            return [END]
        return [after]

    def reach_the_rest(self):
        """What no branch leads to is a switch's target, or behind a branch that is patched away in a manner that no table tells."""
        found = True
        while found:
            found = False
            for place in range(self.start, self.end, 4):
                if place in self.next or place - 4 not in self.next or self.image.word(place) in (NOP, 0):
                    continue
                switches = [switch for switch in self.jump_tables if self.start <= switch < self.end]
                for switch in switches:
                    self.sites.pop(switch, None)
                for source in switches or self.patched_before(place):
                    self.next[source] = [*self.next[source], place]
                self.follow([place])
                found = True

    def patched_before(self, place):
        before = place - 4
        if self.image.word(before) >> 26 == 5 and before not in self.sites:
            return [before]
        nops = [nop for nop in range(self.start + 8, place, 4) if nop in self.next and self.image.word(nop) == NOP]
        return nops

    def reached_from(self, places):
        """The sites (and END) that come next."""
        seen, found, places = set(), set(), list(places)
        while places:
            place = places.pop()
            if place in seen:
                continue
            seen.add(place)
            if place == END or place in self.sites:
                found.add(place)
            else:
                places.extend(self.next.get(place, ()))
        return found

    def graph(self):
        """({place: target or None}, {place or None for the entry: what comes next}) of the sites that the entry leads to."""
        order = {None: self.reached_from([self.start])}
        places = list(order[None])
        while places:
            place = places.pop()
            if place != END and place not in order:
                order[place] = self.reached_from(self.next[place])
                places.extend(order[place])
        return {place: self.sites[place] for place in order if place is not None}, order
