"""Writes the files of a build's folder. docs/BUILD_FACTS.md says what they mean."""

import re

from symbol_table import CORE_PREFIXES, NOT_CORE_PREFIXES, is_core


def header(what, name):
    return f"# {what} of {name}. Made by scripts/build-facts; docs/BUILD_FACTS.md says what it means.\n"


def sort_key(symbol):
    return symbol.name.encode(), symbol.address


class SymbolsWriter:
    """Two files of one form: `symbols` with the core's, `symbols.more` with all others and the modules' functions."""

    def __init__(self, name, table, call_sites):
        self.name, self.table = name, table
        self.mark_frames(call_sites)

    def mark_frames(self, call_sites):
        """An untraced symbol has frames if the Image calls it or calls from it, or a capture shows it."""
        called = {site.image_callee for sites in call_sites.sites.values() for site in sites.values()}
        for symbol in self.table.symbols:
            symbol.frame = not symbol.traced and (
                symbol.address in call_sites.seen_frames or symbol.address in call_sites.sites or symbol.name in called)

    def is_in_core(self, symbol):
        if symbol.is_copy and symbol.file.endswith(".h"):
            return False
        return is_core(symbol.file)

    def line(self, symbol, numbers):
        flags = "t" if symbol.traced else "f" if symbol.frame else "-"
        flags += ("c" if symbol.is_copy else "") + ("a" if self.table.by_address[symbol.address] is not symbol else "")
        number = numbers.get(symbol.file)
        return (f"{symbol.name}\t{symbol.address - self.table.base:x}\t{symbol.size:x}\t{flags}\t"
                f"{'-' if number is None else number}\n")

    def text(self, symbols, modules):
        files = sorted({symbol.file for symbol in symbols if symbol.file} | {f"[{module}]" for module in modules})
        numbers = {path: number for number, path in enumerate(files)}
        lines = [(sort_key(symbol), self.line(symbol, numbers)) for symbol in symbols]
        for module, functions in modules.items():
            lines += [((function.encode(), 0), f"{function}\t-\t-\tt\t{numbers[f'[{module}]']}\n") for function in functions]
        head = (f"base {self.table.base:x}\n" + "".join(f"core {prefix}\n" for prefix in CORE_PREFIXES)
                + "".join(f"other {prefix}\n" for prefix in NOT_CORE_PREFIXES) + "".join(f"file {path}\n" for path in files))
        return header("Symbols", self.name) + head + "%\n" + "".join(line for _, line in sorted(lines))

    def files(self):
        core = [symbol for symbol in self.table.symbols if self.is_in_core(symbol)]
        more = [symbol for symbol in self.table.symbols if not self.is_in_core(symbol)]
        return {"symbols": self.text(core, {}), "symbols.more": self.text(more, dict(sorted(self.table.modules.items())))}


class CallSitesWriter:
    """Two files of one form: `callsites` with the lifecycle's callers, `callsites.more` with all others."""

    def __init__(self, name, table, call_sites, dwarf):
        self.name, self.table, self.call_sites = name, table, call_sites
        self.units = {key.rsplit(":", 1)[0] for key in dwarf}

    def is_near(self, symbol):
        if symbol.address in self.call_sites.seen_frames:
            return True
        if not self.units:
            return is_core(symbol.file)
        return symbol.file is not None and (self.table.unit(symbol.file) in self.units
                                            or symbol.file.startswith("arch/arm64/kernel/entry"))

    @staticmethod
    def site_text(offset, site):
        text = f"{offset:x}:{site.image_callee or ''}"
        if site.image_callee not in (None, "*"):
            return text + (f"={site.seen[site.image_callee]}" if site.seen[site.image_callee] else "")
        return text + "".join(f">{callee}={count}" for callee, count in sorted(site.seen.items()))

    def text(self, callers):
        lines = []
        for symbol in sorted(callers, key=sort_key):
            sites = self.call_sites.sites[symbol.address]
            lines.append(f"{symbol.name}\t{symbol.address - self.table.base:x}\t"
                         + " ".join(self.site_text(offset, sites[offset]) for offset in sorted(sites)) + "\n")
        return header("Call sites", self.name) + "%\n" + "".join(lines)

    def files(self):
        callers = [self.table.by_address[address] for address in sorted(self.call_sites.sites)
                   if address in self.table.by_address]
        return {"callsites": self.text([caller for caller in callers if self.is_near(caller)]),
                "callsites.more": self.text([caller for caller in callers if not self.is_near(caller)])}


def mask_text(name, mask, table, call_sites, dwarf, folded, captured):
    lines = [header("The mask", name)]
    lines += [f"unit {path} {unit}\n" for path, unit in sorted(table.unit_of_file.items())]
    lines += [f"dwarf {unit}\n" for unit in sorted({key.rsplit(':', 1)[0] for key in dwarf})]
    lines += [f"renamed {called} {symbol}\tDWARF, symbols\n" for called, symbol in mask.renamed(dwarf)]
    lines += [f"folded {function} {other}\tcaptures {count}/{seen}\n" for function, other, seen, count in folded.lines()]
    lines += [f"part {symbol} {function}\tsymbols\n" for symbol, function in mask.parts()]
    lines += [f"alias {name} {callers[0]}\tImage{f', {len(callers)} calls' if len(callers) > 1 else ''}\n"
              for name, callers in sorted(call_sites.aliases.items())
              if any(is_core(symbol.file) for symbol in table.by_name[callers[0]])]
    lines += [f"home-inlined {unit}:{callee}\tDWARF {inlined}/{inlined + called}\n"
              for (unit, callee), (inlined, called) in sorted(mask.home_inlined.items())]
    lines += [f"{line}\n" for line in mask.lines + captured]
    return "".join(lines)


def events_text(name, tracefs):
    """The event formats, one event a block; then the options and the tracers."""
    lines = [header("Event formats, options and tracers", name)]
    for path in sorted(tracefs):
        found = re.fullmatch(r"(?:\./)?formats/([^/]+)/([^/]+)/format", path)
        if found:
            lines += event_lines(found.group(1), found.group(2), tracefs[path])
        elif re.fullmatch(r"(?:\./)?formats/(header_\w+)", path):
            lines.append(f"{path.rsplit('/', 1)[1]}\n" + "".join(f"\t{line}\n" for line in tracefs[path].splitlines()))
    lines.append("options " + " ".join(option_names(tracefs, "options")) + "\n")
    lines.append("tracers " + " ".join(option_names(tracefs, "tracers")) + "\n")
    return "".join(lines)


def option_names(tracefs, name):
    return next(text for path, text in tracefs.items() if path.rsplit("/", 1)[-1] == name).split()


def event_lines(system, event, text):
    lines, common = [], True
    number = re.search(r"^ID: (\d+)", text, re.M).group(1)
    lines.append(f"event {system} {event} {number}\n")
    for line in text.splitlines():
        field = re.match(r"\tfield:(.*);\toffset:(\d+);\tsize:(\d+);\tsigned:(\d);", line)
        if field:
            kind = "common" if common else "field"
            lines.append(f"\t{kind}\t{field.group(2)}\t{field.group(3)}\t{field.group(4)}\t{field.group(1)}\n")
        elif not line.strip() and len(lines) > 1:
            common = False
    print_fmt = re.search(r"^print fmt: (.*)$", text, re.M | re.S).group(1).strip()
    lines.append("\tprint\t" + print_fmt.replace("\n", " ") + "\n")
    return lines


def write_all(folder, files):
    """{name: text} into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())


def differs(path, text):
    return not path.is_file() or path.read_bytes() != text.encode()
