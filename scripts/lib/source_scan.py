"""Finds, lexically, the functions and function-like macros that kernel source files define.

No preprocessor runs: both branches of every #if count, since the lists say what the source has and not what a build has. What
macros define (SYSCALL_DEFINEn, TRACE_EVENT, DEFINE_GUARD, PAGEFLAG, BUILD_LOCK_OPS …) is found by expanding them.
"""

import re

# Folders that the lifecycle, and what lies below it, comes from. What ends in a slash is taken with its subfolders.
SCANNED_FOLDERS = (
    "arch/arm64/include/", "arch/arm64/kernel/", "arch/arm64/lib/", "arch/arm64/mm/", "block/",
    "drivers/base/", "drivers/char/", "drivers/clocksource/", "drivers/cpuidle/", "drivers/irqchip/", "drivers/tty/",
    "fs", "fs/debugfs/", "fs/devpts/", "fs/exportfs/", "fs/hugetlbfs/", "fs/iomap/", "fs/kernfs/", "fs/notify/", "fs/overlayfs/",
    "fs/proc/", "fs/ramfs/", "fs/sysfs/", "fs/tracefs/", "include/asm-generic/", "include/linux/", "include/trace/", "include/vdso/",
    "init/", "io_uring/", "ipc/", "kernel/", "lib/", "mm/", "security/",
)
SCANNED_FILES = frozenset(("drivers/connector/cn_proc.c", "net/core/datagram.c", "net/core/filter.c", "net/core/net_namespace.c", "net/core/scm.c", "net/socket.c",
                           "net/unix/af_unix.c",
                           "include/net/net_namespace.h", "include/net/scm.h", "include/net/cls_cgroup.h",
                           "include/uapi/asm-generic/unistd.h", "include/uapi/linux/wait.h",
    # what read and write come to in the file systems that a machine is likely to have
    "fs/9p/vfs_file.c", "fs/btrfs/file.c", "fs/btrfs/ioctl.c", "fs/ext4/dir.c", "fs/ext4/file.c", "fs/ext4/ioctl.c",
    "fs/f2fs/file.c", "fs/fuse/dev.c", "fs/fuse/file.c", "fs/fuse/ioctl.c", "fs/netfs/buffered_read.c", "fs/netfs/buffered_write.c",
    "fs/netfs/direct_read.c", "fs/netfs/direct_write.c", "fs/nfs/dir.c", "fs/nfs/file.c", "fs/xfs/xfs_file.c", "fs/xfs/xfs_ioctl.c"))
# Subfolders of those with drivers, tests and tables that no process comes near.
SKIPPED = re.compile(
    r"^(lib/(tests?|kunit|raid6|zstd|zlib_\w+|lz4|lzo|xz|reed_solomon|fonts|842|dim|pldmfw|crypto|math/tests)/"
    r"|include/linux/(mfd|bcm\w*|rcar\w*|hwmon|nvme|platform_data|mlx5|mlx4|usb|iio|mtd|dma|soc|qed|firmware|phy|ssb|bcma|regulator|amba|input|spi|i2c"
    r"|power|clk|pinctrl|gpio|reset|mmc|rtc|can|wwan|avf|ceph|sunrpc|raid|fpga|greybus|hsi|rpmsg|remoteproc|surface_\w+|intel_\w*"
    r"|crush|bcm47xx|bcm963xx|net|netfilter|byteorder|lockd|fsl|unaligned|extcon|devfreq|ihex|leds|interconnect)/"
    r"|drivers/(irqchip|clocksource)/(?!irq-gic|irqchip\.c|arm_arch|timer-of|timer-probe|dummy)"
    r"|drivers/char/(?!random|mem\.c|misc)"
    r"|drivers/tty/(serial/(?!amba-pl011|serial_core|serial_base|earlycon)|hvc/(?!hvc_console)|ipwireless/)"
    r"|drivers/base/(regmap|test|firmware_loader)/|security/(apparmor|selinux|tomoyo|smack)/include/policy)"
    r"|_kunit\.c$|/(selftests?|tests?)/|[-_]selftest\.c$|_test\.c$|/test_\w+\.c$")

ATTRIBUTES = frozenset("""
    __attribute__ __acquires __releases __must_hold __must_not_hold __cond_acquires __cond_releases __acquires_shared
    __releases_shared __must_hold_shared __context_unsafe __printf __scanf __aligned __section __alloc_size __assume_aligned
    __no_sanitize __diagnose_as __counted_by __overloads __diagnose_if __error __warning __attribute_const__ __alias __asm__
    asm __copy __nonnull __guarded_by __pt_guarded_by __realloc_size __alloc_align __malloc __ref_count __no_kasan
    alloc_size typeof __typeof__ defined __BFD __cold_text capability __assumes_ctx_guard __guard_return
""".split())
KEYWORDS = frozenset("if for while switch return sizeof do else case goto __typeof__ typeof _Static_assert static_assert".split())

COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(?:[^\\\n]|\\.)*(?:\\\n(?:[^\\\n]|\\.)*)*", re.M | re.S)
DEFINE = re.compile(r"#\s*define\s+([A-Za-z_]\w*)(\(([^)]*)\))?(.*)", re.S)
LONG_BODY = re.compile(r"\{[ \t]*\n(?:|.*?\n)\}", re.S)
SHORT_BODY = re.compile(r"\{[^{}\x01]*\}|\{[^{}]*\}")
ITEM_END = re.compile(r"[();\x01\x02]")
GUARD = re.compile(r"\b(DEFINE_(?:LOCK_)?GUARD\w*|DEFINE_CLASS\w*|EXTEND_CLASS\w*|DEFINE_FREE|DECLARE_LOCK_GUARD\w*)\s*\("
                   r"\s*(\w+)\s*(?:,\s*(\w+))?")
EVENT = re.compile(r"^\s*((?:TRACE_EVENT|DEFINE_EVENT|DECLARE_TRACE|DECLARE_EVENT_CLASS|TRACE_EVENT_SYSCALL)\w*)\s*\("
                   r"\s*(\w+)\s*(?:,\s*(\w+))?", re.M)
ASSEMBLY = re.compile(r"^\s*(?:SYM_(?:FUNC|CODE|TYPED_FUNC)_(?:START|ALIAS)\w*|SYM_(?:INNER_LABEL\w*|DATA_START\w*))"
                      r"\(\s*(\w+)|^\s*\.macro\s+(\w+)|^(\w+):", re.M)
ENTRY_HANDLER = re.compile(r"^\s*entry_handler\s+(\d),\s*(\w),\s*(\d+),\s*(\w+)", re.M)
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def is_scanned(path):
    """Whether the file at that path of the kernel tree belongs into the lists."""
    if path in SCANNED_FILES:
        return True
    if not path.endswith((".c", ".h", ".S")) or SKIPPED.search(path):
        return False
    folder = path.rpartition("/")[0]
    return any(path.startswith(scanned) if scanned.endswith("/") else folder == scanned for scanned in SCANNED_FOLDERS)


def without_comments(text):
    def blank(match):
        found = match.group(0)
        if found[0] == '"':
            return '""'
        if found[0] == "'":
            return "0"
        line_end = "\\\n" if "\\\n" in found else "\n"  # a macro's comment keeps its continuations
        return line_end * found.count("\n") or " "
    return COMMENT_OR_STRING.sub(blank, text)


class Macro:
    def __init__(self, parameters, body):
        self.parameters = parameters
        self.body = body

    def expand(self, arguments):
        """The body with the arguments in, `##` carried out."""
        names = list(self.parameters)
        if names and names[-1].endswith("..."):
            last = names.pop()[:-3].strip() or "__VA_ARGS__"
            values = dict(zip(names, arguments))
            values[last] = ", ".join(arguments[len(names):])
        else:
            values = dict(zip(names, arguments))
        body = re.sub(r"\s*##\s*", "\x03", self.body)
        body = re.sub(r"#?\b[A-Za-z_]\w*\b", lambda m: values.get(m.group(0), m.group(0)), body)
        return body.replace("\x03", "")


def split_macros(text):
    """The text without its directives, the function-like macros that it defines, and the plain renamings of functions."""
    macros, renamings = {}, []

    def take(match):
        defined = DEFINE.match(match.group(0).strip())
        if defined:
            name, has_parameters, parameters, body = defined.group(1, 2, 3, 4)
            body = body.replace("\\\n", "\n")
            if has_parameters:
                listed = [parameter.strip() for parameter in parameters.replace("\\\n", " ").split(",")]
                macros.setdefault(name, []).append(Macro([p for p in listed if p], body))
            elif re.fullmatch(r"\s*[a-z_]\w*(\s*\([\w\s,]*\))?\s*", body) and name.lower() == name and name != body.strip():
                renamings.append(name)
        return "\n"

    return DIRECTIVE.sub(take, text), macros, renamings


def groups_of(item):
    """The identifiers of a declaration that stand before parentheses at its top level, each with its arguments."""
    groups, depth, start, name, arguments = [], 0, 0, None, []
    last_identifier, last_start, last_end = None, 0, -1
    for token in re.finditer(r"[A-Za-z_]\w*|[(),=]|[^\s\w]", item):
        text = token.group(0)
        if text == "(":
            depth += 1
            if depth == 1:
                is_attribute = last_end >= 0 and last_start >= last_end and not item[last_end:last_start].strip() \
                    and last_identifier is not None and not last_identifier.isupper()
                name, arguments, start = None if is_attribute else last_identifier, [], token.end()
        elif text == ")":
            depth -= 1
            if depth == 0:
                last_end = token.end()
            if depth == 0 and name:
                arguments.append(item[start:token.start()].strip())
                groups.append((name, arguments))
            last_identifier = None
        elif depth == 1 and text == ",":
            arguments.append(item[start:token.start()].strip())
            start = token.end()
        elif depth == 0:
            if text == "=":
                return groups, True
            last_identifier, last_start = (text if IDENTIFIER.fullmatch(text) else None), token.start()
    return groups, False


def syscall_names(macro, arguments):
    found = re.fullmatch(r"(COMPAT_)?SYSCALL(?:32)?_DEFINE(\d)", macro)
    if not found or not arguments:
        return []
    name = ("compat_sys_" if found.group(1) else "sys_") + arguments[0]
    made = [f"__arm64_{name}", name]
    if found.group(2) != "0":
        made += [f"__se_{name}", f"__do_{name}"]
    return made


def event_names(text):
    """What tracepoint and event macros make of their names (include/linux/tracepoint.h): trace_NAME; that __traceiter_NAME and
    trace_NAME_enabled exist with it goes without saying."""
    for macro, first, second in EVENT.findall(text):
        names = []
        if macro.startswith("DEFINE_EVENT"):
            names = [second or first]
        elif not macro.startswith("DECLARE_EVENT_CLASS"):
            names = [first] + ([second] if macro == "TRACE_EVENT_MAP" and second else [])
        for name in names:
            for tracepoint in (name, f"{name}_tp") if macro.startswith("DECLARE_TRACE") else (name,):
                yield f"trace_{tracepoint}"


def guard_names(text):
    """What the scope-based guards and classes are made of (include/linux/cleanup.h)."""
    for macro, first, second in GUARD.findall(text):
        if macro == "DEFINE_FREE":
            yield f"__free_{first}"
            continue
        derived = macro.startswith("EXTEND_CLASS") or "_COND" in macro
        name = f"{first}{second}" if derived and second.startswith("_") else first
        yield from (f"class_{name}_{part}" for part in ("constructor", "destructor", "lock_ptr", "lock_err"))


def items_of(text):
    """Splits a text whose bodies are marks (\\x02 a long body, \\x01 a short one) into declarations, mark or `;` included."""
    start = depth = 0
    for found in ITEM_END.finditer(text):
        mark = found.group(0)
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth = max(depth - 1, 0)
        elif mark == "\x02" or depth == 0:
            yield text[start:found.end()]
            start, depth = found.end(), 0


def declaration_of(item):
    """The declaration that a body belongs to: what follows the item's last empty line, if that is one."""
    tail = item[:-1].rstrip().rpartition("\n\n")[2]
    return tail if "(" in tail else item[:-1]


class Scanner:
    """Knows the macros of all headers and scans files one by one."""

    def __init__(self):
        self.header_macros = {}

    def learn(self, macros):
        for name, definitions in macros.items():
            self.header_macros.setdefault(name, []).extend(definitions)

    def definitions(self, text, local_macros, depth=0):
        """Names that this text (no comments, no directives) defines."""
        names = set()
        if depth == 0:
            text = LONG_BODY.sub("\x02", text)
        previous = None
        while previous != text:
            previous, text = text, SHORT_BODY.sub("\x01", text)
        for item in items_of(text + ";"):
            for macro, arguments in groups_of(item[:-1])[0]:
                names.update(syscall_names(macro, arguments))
                names |= self.expanded(macro, arguments, local_macros, depth)
            if item[-1] != ";":
                names |= self.function_of(declaration_of(item), local_macros)
        return names

    def function_of(self, declaration, local_macros):
        """The function that a declaration with a body defines, as a set of one or none."""
        groups, is_initialised = groups_of(declaration)
        candidates = [name for name, _ in groups if name not in ATTRIBUTES]
        if is_initialised or not candidates or candidates[-1] in KEYWORDS:
            return set()
        name = candidates[-1]
        is_macro = name in local_macros or name in self.header_macros
        return {name} if not is_macro or name.lower() == name else set()

    def expanded(self, macro, arguments, local_macros, depth):
        """Names that an invocation of a macro at file level defines."""
        if depth > 6 or macro in KEYWORDS:
            return set()
        names = set()
        for definition in local_macros.get(macro) or self.header_macros.get(macro, ()):
            if "(" in definition.body and not definition.body.lstrip().startswith(("do ", "({", "(")):
                names |= self.definitions(definition.expand(arguments), local_macros, depth + 1)
        return names

    def scan_c(self, path, text):
        plain, macros, renamings = split_macros(without_comments(text))
        names = set(event_names(plain)) | set(guard_names(plain))
        if not path.startswith("include/trace/"):
            names |= self.definitions(plain, macros)
        return sorted(name for name in names.union(macros, renamings) if len(name) > 1)


def scan_assembly(text):
    names = {name for found in ASSEMBLY.findall(without_comments(text)) for name in found if name}
    for level, stack, size, label in ENTRY_HANDLER.findall(text):
        names.add(f"el{level}{stack}_{size}_{label}")
    return sorted(name for name in names if len(name) > 1 and not name.isdigit())


def scan_tree(tree):
    """{path: sorted names} of a kernel tree."""
    texts = {}
    for path in sorted(tree.rglob("*.[chS]")):
        name = path.relative_to(tree).as_posix()
        if is_scanned(name):
            texts[name] = path.read_text(encoding="utf-8", errors="replace")
    scanner = Scanner()
    for name, text in texts.items():
        if name.endswith(".h"):
            scanner.learn(split_macros(without_comments(text))[1])
    names = {}
    for name, text in texts.items():
        found = scan_assembly(text) if name.endswith(".S") else scanner.scan_c(name, text)
        if found:
            names[name] = found
    return names


def format_names(names, series, version):
    """One line a file: the path, a tab, its names with spaces between; sorted by path, by name."""
    head = (f"# What linux-source-{series} {version} (Debian) defines: functions and function-like macros, by file.\n"
            "# Made by scripts/kernel-sources. FILE<TAB>NAME NAME …\n")
    return head + "".join(f"{path}\t{' '.join(names[path])}\n" for path in sorted(names))
