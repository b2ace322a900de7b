"""A build's call sites: what the Image's branches say, and what captures show where the Image cannot tell."""

import collections
import re

CALL = re.compile(r": (\S+?)\+0x([0-9a-f]+)/0x([0-9a-f]+) <-(\S+?)\+0x([0-9a-f]+)/0x([0-9a-f]+)$")
FRAME = re.compile(r"^ => (\S+?)\+0x([0-9a-f]+)/0x([0-9a-f]+)(?: \[\w+\])?$")
# Frames of the tracer itself and of exceptions' entries.
SKIPPED_FRAME = re.compile(r"^el1[th]_64_[a-z]+$|^ret_to_(kernel|user)$|^ftrace_\w+$|^call_on_irq_stack$")
CAPTURES_WITH_OFFSETS = r".*\.stack|.*\.function|opt-sym-offset|opt-stack"


class Site:
    __slots__ = ("image_callee", "seen")

    def __init__(self, image_callee=None):
        self.image_callee = image_callee  # symbol, "*" if indirect, None if the Image has no call there
        self.seen = collections.Counter()


class CallSites:
    def __init__(self, folder, table):
        self.table = table
        self.sites = collections.defaultdict(dict)  # caller symbol object's address → {return offset: Site}
        self.aliases = {}
        self.seen_frames = set()
        self.misfits = collections.Counter()
        self.read_image(folder)
        self.read_captures(folder)

    def read_image(self, folder):
        for call in folder.image_calls():
            callee = call.callee
            if callee != "*":
                named = self.table.by_address.get(call.callee_address)
                callee = named.name if named and callee not in (s.name for s in self.table.by_name[callee]) else callee
            self.sites[call.address][call.return_offset] = Site(callee)
            if call.return_offset >= call.size:
                self.add_alias(call.address, call.return_offset)

    def add_alias(self, address, offset):
        caller, place = self.table.by_address.get(address), self.table.at(address + offset)
        if caller and place and place is not caller:
            self.aliases.setdefault(place.name, []).append(caller.name)

    def read_captures(self, folder):
        for _, lines in folder.captures(CAPTURES_WITH_OFFSETS):
            below, doubtful = None, 0
            for line in lines:
                call = CALL.search(line)
                if call:
                    self.see(self.place(call, 1), self.place(call, 4))
                    below = None
                    continue
                frame = FRAME.match(line)
                if frame is None:
                    below, doubtful = None, 0
                    continue
                place = self.place(frame, 1)
                if below is not None and not doubtful:
                    self.see(below, place)
                # What an exception interrupted called nothing, and may not have had its own frame yet.
                doubtful = 2 if SKIPPED_FRAME.match(frame.group(1)) else max(doubtful - 1, 0)
                below = place

    def place(self, match, group):
        """(symbol, offset, text) of `name+0xoffset/0xsize`; offset 0 is the end of the function before: a noreturn call."""
        name, offset, size = match.group(group), int(match.group(group + 1), 16), int(match.group(group + 2), 16)
        text = f"{name}+{offset:#x}/{size:#x}"
        symbol = next((symbol for symbol in self.table.by_name.get(name, ()) if symbol.size == size), None)
        if symbol is not None and offset == 0:
            before = self.table.at(symbol.address - 1)
            known = self.sites.get(before.address) if before else None
            if before is None or known and before.size not in known:
                return None, 0, text
            return before, before.size, text
        return symbol, offset, text

    def see(self, callee_place, caller_place):
        callee, caller = callee_place[0], caller_place[0]
        if callee is None or caller is None:
            self.misfits[f"{callee_place[2]} <- {caller_place[2]}"] += 1
            return
        self.seen_frames.add(caller.address)
        offset = caller_place[1]
        site = self.sites[caller.address].setdefault(offset, Site())
        if site.image_callee not in (None, "*", callee.name):
            self.misfits[f"{callee_place[2]} <- {caller_place[2]}, where the Image calls {site.image_callee}"] += 1
            return
        site.seen[callee.name] += 1
        if site.image_callee is None and offset == caller.size:
            self.add_alias(caller.address, offset)
