#pragma once
// What is known of one kernel build: the facts of model/builds/NAME (docs/BUILD_FACTS.md specifies
// the files).
//
// The model says what the source calls; a build says what of that its tracer can show. Everything
// here was read off the build (its symbol table, its Image, its DWARF, its captures) by
// scripts/build-facts; nothing is written by hand.
//
// Names. A *function* is a name of the source (`el0_svc_common`), a *symbol* one of the build,
// compiler suffixes and all
// (`el0_svc_common.constprop.0`). A query that takes a function says so; with the function's file
// (`kernel/fork.c`, as the model has it) it tells apart the some 330 names a build that several
// files define. An empty file means "whichever".
//
// Ownership. A BuildFacts owns what it read; every string_view that it returns lives as long as it
// (and its copies: they share the data, which never changes). Large files (call sites, the symbols
// of drivers) are read when first asked for; a damaged one is then reported by `trouble()`. Not
// thread-safe for that reason: one BuildFacts a thread.

#include "sim/base/diagnostic.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kflow::build {

/// The build that is used where none is named.
inline constexpr std::string_view kDefaultBuild = "debian-6.12-arm64";

/// A kernel's version: {6, 12, 117}. `[6.1]` of the flow language compares series only.
struct KernelVersion {
    int major = 0;
    int minor = 0;
    int patch = 0;
    auto operator<=>(KernelVersion const&) const = default;
};

/// "6.12.117" or "6.12"; nothing if it is not such a number.
std::optional<KernelVersion> parse_version(std::string_view text);

/// What CONFIG_PREEMPT* makes of the kernel: decides which locks are calls (kernel/Kconfig.preempt,
/// kernel/Kconfig.locks).
enum class Preemption { none, voluntary, full, lazy, rt };

/// One text symbol, as kallsyms has it.
struct Symbol {
    std::string_view name;     ///< with compiler suffix
    std::uint64_t address = 0; ///< of a kernel that is not relocated (nokaslr)
    std::uint64_t size = 0;    ///< bytes to the next symbol, as the kernel prints it
                               ///< (kernel/kallsyms.c, get_symbol_pos)
    bool traced = false;   ///< available_filter_functions has it: the tracers can show a call of it
    std::string_view file; ///< the source file, where it is known; else empty
};

/// What a call of the source looks like in this build.
enum class EdgeKind {
    visible, ///< a call of a traced function: the tracers show it
    hidden,  ///< a real call, with a frame in stacks, of a function that is not traced
    inlined, ///< no call: the callee's body stands in the caller's
    either,  ///< differs from site to site, and which site is which is not known: accept both
};

struct Visibility {
    EdgeKind kind = EdgeKind::inlined;
    /// The symbol that is called, suffix and all (visible, hidden, and either's called form); empty
    /// if inlined.
    std::string_view symbol;
    /// That symbol as a whole; nothing if inlined.
    std::optional<Symbol> code;
    /// For either: whether the called form is traced. For visible true, else false.
    bool traced = false;
    /// `f.part.0` of the callee: alternatives to it. The callee's head may be inlined and only its
    /// tail called by this name.
    std::vector<std::string_view> parts;
    /// What says so: "default", "symbols", "Image", "DWARF", "capture", with counts where there are
    /// any.
    std::string_view provenance;
};

/// A call of the source: who calls whom, and where the caller's code ended up.
struct Edge {
    std::string_view caller_file; ///< as in the model: "kernel/fork.c", "include/linux/sched.h"
    std::string_view caller;      ///< function
    std::string_view callee_file;
    std::string_view callee;
    /// The out-of-line function that holds the caller's code: the caller itself, or whom it is
    /// inlined into. Empty: unknown.
    std::string_view outer;
    std::string_view outer_file;
    /// Which of the caller's calls of this callee, in source order, from 1; 0 if it does not
    /// matter.
    int site = 0;
};

/// What the symbols alone leave open of a call of the source, whatever the compiler chose. A
/// compiler sees the bodies of the file's own functions and of headers, of no others; a function
/// whose code is nowhere can only be inlined; and where a header's function is one of a .c file as
/// well, a configuration option says which, and the symbol that it is the latter.
struct Possibility {
    bool may_be_inlined = false;
    bool may_be_called = false;
    bool traced = false;   ///< as a call, the tracers show it
    bool has_part = false; ///< there is a `.part` of it: its rest may be called alone
    bool is_open() const { return may_be_inlined && may_be_called; }
};

/// Where a call site is known from.
enum class SiteOrigin {
    image,   ///< a `bl` or `blr` of the kernel Image
    capture, ///< seen as a return address, where the Image cannot tell (head.S, init text, patched
             ///< alternatives, indirect)
};

/// A place that calls. The return offset is what `caller+0xOFFSET/0xSIZE` shows behind `<-` and in
/// stacks.
struct CallSite {
    std::uint32_t return_offset = 0; ///< bytes from the caller's start
    std::string_view callee; ///< symbol; empty where the call is indirect and no capture tells whom
    SiteOrigin origin = SiteOrigin::image; ///< where the callee is known from
    bool is_indirect = false;              ///< a `blr`: through a pointer
    std::uint32_t seen = 0; ///< how often captures show it; 0: never, which proves nothing
};

/// One field of an event's record (tracefs `format`).
struct EventField {
    std::string_view declaration; ///< "char comm[16]", "__data_loc char[] filename"
    std::string_view name;
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    bool is_signed = false;
    bool is_common = false; ///< one of the four common_ fields
};

struct EventFormat {
    std::string_view system; ///< "sched"
    std::string_view name;   ///< "sched_switch"
    std::uint32_t id = 0;
    std::vector<EventField> fields; ///< in order, common ones first
    std::string_view print_fmt;     ///< as the kernel gives it, one line
};

struct CaptureTraits;
struct Guess;

class BuildFacts {
public:
    /// Reads model_dir/builds/NAME. A name that is not there gets a diagnostic that lists those
    /// that are, and the nearest.
    static std::variant<BuildFacts, Diagnostic> load(std::string const& model_dir,
                                                     std::string_view name);

    // The build as a whole.

    std::string_view name() const;    ///< "debian-6.12-arm64"
    std::string_view release() const; ///< `uname -r`: "6.12.117+deb13-arm64"
    std::string_view
    version_line() const; ///< "Linux version 6.12.117+deb13-arm64 (…) #1 SMP Debian …"
    std::string_view compiler() const; ///< "aarch64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0"
    std::string_view arch() const;     ///< "arm64"
    KernelVersion version() const;
    Preemption preemption() const;
    /// The facts of a kernel that differs in its preemption model, and in the options that follow
    /// from it (kernel/Kconfig.preempt, kernel/rcu/Kconfig). Symbols and code stay this build's.
    BuildFacts with(Preemption model) const;
    int page_size() const;    ///< bytes
    int cpus() const;         ///< of the machine that its captures come from
    int flag_columns() const; ///< of the trace's irqs-off … delay block: 4 up to 5.15, 5 since
                              ///< (kernel/trace/trace_output.c)
    /// Any other line of the `build` file by its first word; empty if there is none.
    std::string_view property(std::string_view key) const;

    /// "y", "m", a number or a string of a configuration option, named with or without CONFIG_;
    /// empty if it is not set.
    std::string_view config(std::string_view option) const;
    bool config_enabled(std::string_view option) const; ///< "y" or "m"

    // Symbols.

    /// A symbol by its exact name. Of several with one name: the one in `file`, else the traced
    /// one, else the first by address.
    std::optional<Symbol> symbol(std::string_view symbol_name, std::string_view file = "") const;
    /// All symbols of that exact name, by address.
    std::vector<Symbol> symbols_named(std::string_view symbol_name) const;
    /// The symbol that holds a function's code: its own name, else with .isra, .constprop and the
    /// like (never .part, .cold).
    std::optional<Symbol> symbol_of(std::string_view function, std::string_view file = "") const;
    /// Its `.part.N` symbols, in order.
    std::vector<std::string_view> parts_of(std::string_view function,
                                           std::string_view file = "") const;
    /// Whether the tracers can show a call of this symbol (exact name, suffix and all).
    bool is_traced(std::string_view symbol_name, std::string_view file = "") const;
    /// Whether it is a symbol that is not traced but can stand in a stack or behind `<-`.
    bool is_frame(std::string_view symbol_name, std::string_view file = "") const;
    /// Whether it is any text symbol.
    bool is_symbol(std::string_view symbol_name) const;
    /// The symbol that covers an address, as the kernel would name it; nothing outside the kernel's
    /// text.
    std::optional<Symbol> symbol_at(std::uint64_t address) const;
    /// All traced symbols by name, each name once (reads everything).
    std::vector<std::string_view> traced_symbols() const;
    /// Offset of the tracer's own address in a traced function: `copy_process+0x4/…` (and +0x8 in
    /// the stack's first line).
    std::uint32_t entry_offset() const;
    std::uint32_t stack_entry_offset() const;
    /// The name that a return address prints as. A noreturn call at the end of a function returns
    /// to the first byte of the next symbol, so `do_group_exit` is called `<-__wake_up_parent+0x0`
    /// in 6.1: returns that name, which may be the caller's own.
    struct Place {
        Symbol symbol;
        std::uint32_t offset = 0;
    };
    std::optional<Place> return_place(Symbol const& caller, std::uint32_t return_offset) const;
    /// Undoes it: the function whose noreturn call prints as `symbol_name+0x0`; empty if there is
    /// none.
    std::string_view alias_of(std::string_view symbol_name) const;

    // The mask.

    /// What this call looks like here.
    Visibility edge(Edge const& edge) const;
    /// What this call can look like, by the symbols alone: neither mask nor call sites are asked.
    Possibility possible(Edge const& edge) const;
    /// The compiled file that a source file is part of; mostly itself.
    std::string_view unit(std::string_view file) const;
    /// What a call looks like that cannot be inlined (through a pointer): visible or hidden;
    /// inlined if there is no such symbol.
    Visibility called(std::string_view function, std::string_view file = "") const;
    /// The function that the compiler found identical and merged this one with; empty mostly. The
    /// symbol is then a mere branch (`b`): function_graph shows a call of the other one as its only
    /// child, and behind `<-` stands the caller of both.
    std::string_view folded_into(std::string_view function) const;

    // Call sites (read when first asked for).

    /// All calls of a symbol's code, by return offset.
    std::vector<CallSite> const& call_sites(std::string_view caller_symbol,
                                            std::string_view file = "") const;
    std::vector<CallSite> const& call_sites(Symbol const& caller) const;
    /// The calls of `callee` in `caller` (symbols), by return offset; indirect ones that captures
    /// tie to it included. If none is known and the caller has exactly one indirect call, that one:
    /// whoever is called through a pointer there is called there. Empty if none is known at all.
    std::vector<CallSite> call_sites_of(std::string_view caller_symbol,
                                        std::string_view callee_symbol,
                                        std::string_view file = "") const;
    std::vector<CallSite> call_sites_of(Symbol const& caller, std::string_view callee_symbol) const;
    /// The site that a run takes for a call of `callee` in `caller`, if the call before it in the
    /// same frame returned to `previous_offset` (0: none yet). The compiler doubles calls where
    /// paths differ (kernel_clone calls wake_up_new_task for a process, a thread and a vfork at
    /// three places), but keeps each path's calls in order: the first site behind the previous one
    /// that captures show, else the first behind it, else the most seen one. Nothing if no site is
    /// known.
    std::optional<CallSite> next_site(std::string_view caller_symbol,
                                      std::string_view callee_symbol, std::uint32_t previous_offset,
                                      std::string_view file = "") const;
    /// Symbols that a symbol's code may call, each once, by name: those of the Image, and those
    /// that captures show.
    std::vector<std::string_view> callees(std::string_view caller_symbol,
                                          std::string_view file = "") const;

    // Events and the tracer.

    /// Format of an event; nothing if this build's facts have none of that name.
    std::optional<EventFormat> event(std::string_view system, std::string_view name) const;
    /// All formats, by system and name.
    std::vector<EventFormat> events() const;
    /// Names of the trace_options of this kernel, in its order; the set ones begin without "no".
    std::vector<std::string_view> trace_options() const;
    std::vector<std::string_view> tracers() const;

    /// What went wrong with a file that was read late; empty if nothing did.
    std::vector<Diagnostic> const& trouble() const;

    struct Data; ///< private: sim/build/build_data.hpp
    friend std::variant<Guess, Diagnostic> guess(std::string const& model_dir,
                                                 CaptureTraits const& traits);

private:
    explicit BuildFacts(std::shared_ptr<Data> data);
    std::shared_ptr<Data> data_;
    std::optional<Preemption> other_preemption_;
};

/// Names of the builds in model_dir/builds, sorted.
std::vector<std::string> list_builds(std::string const& model_dir);

/// A symbol without its compiler suffix: "el0_svc_common.constprop.0" → "el0_svc_common",
/// "f.part.0.isra.0" → "f".
std::string_view function_of_symbol(std::string_view symbol_name);

/// Whether it is a `.part.N` of a function.
bool is_part_symbol(std::string_view symbol_name);

/// What a capture shows of the build that wrote it. Names with suffixes and all, each once is
/// enough; order does not matter.
struct CaptureTraits {
    std::vector<std::string> symbols; ///< functions that it shows calls of: must be traced
    std::vector<std::string> frames;  ///< callers and frames of stacks: must be text symbols
    struct Size {
        std::string symbol;
        std::uint64_t size = 0;
    };
    std::vector<Size> sizes; ///< where it has sym-offset: `copy_process+0x4/0x1d60`
    struct Call {
        std::string caller; ///< as `<-caller` prints it
        std::string callee;
        auto operator<=>(Call const&) const = default;
    };
    std::vector<Call> calls = {}; ///< who called whom: asked only where all else leaves a tie
    struct Event {
        std::string name;                     ///< `sched_process_exit`
        std::vector<std::string> fields = {}; ///< that its lines print, as its format names them
        auto operator<=>(Event const&) const = default;
    };
    std::vector<Event> events = {}; ///< asked only where names and sizes leave a tie
};

/// The build that a capture most likely comes from.
struct Guess {
    std::string build; ///< empty if there is no build at all
    double known = 0;  ///< share of the judged symbols and frames that are that build's, 0 to 1
    double sizes_agree =
        -1; ///< share of the judged sizes that are that build's; -1 if none could be judged
    /// Symbols, frames, sizes, events and calls that some build knows: those of modules and drivers
    /// tell nothing.
    std::size_t judged = 0;
    std::size_t names = 0; ///< symbols and frames among them
    bool certain = false;  ///< all of them are this build's, and no other build does as well
    std::string runner_up; ///< the next best, empty if there is none
    double runner_up_known = 0;
    std::vector<std::string> candidates; ///< `build`, and all that fit as well; best guess first
};

/// Judges all builds: first by the share of sizes that agree (if the capture has sizes), then by
/// the share of known symbols, then by that of the events that it prints so, then by that of the
/// calls that its code has, then the default build, then by name.
std::variant<Guess, Diagnostic> guess(std::string const& model_dir, CaptureTraits const& traits);

} // namespace kflow::build
