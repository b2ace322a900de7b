#pragma once
// The table of a program's statements: which words may follow a verb, and whether it has a result
// and a block.

#include <string_view>
#include <vector>

namespace kflow::scenario {

/// What may stand at a place behind a verb.
enum class Argument {
    text,
    duration,
    number,
    process,         ///< a variable that a fork set, or self, parent
    wait_target,     ///< a process, or any, group
    program,         ///< a program of this scenario
    program_or_path, ///< or "/a/path"
    program_or_line, ///< the same, or a variable that holds a typed line
    signal,          ///< SIGCHLD, 17, -17
    disposition,     ///< SIG_IGN, SIG_DFL
    clone_flag,
    wait_flag,
    action_flag,
    pipe,            ///< the word itself
    input,           ///< tty, pipe
    stream,          ///< tty, file, pipe
    fork_moment,     ///< prepare, parent, child
    mask_change,     ///< block, unblock
    process_option,  ///< subreaper
    limit,           ///< nproc
    cgroup_limit,    ///< pids.max
    condition,       ///< `failed`, an errno, or a variable
    variable,        ///< a flag's name
    line,            ///< a variable that holds a typed line
    text_or_line,    ///< a "text", or such a variable
    typed,           ///< a "text" that ends in its only newline
    text_or_variable ///< a "text", or a variable that holds a line or what was appended to it
};

enum class Presence { no, maybe, must };

struct Verb {
    std::string_view name;
    Presence result = Presence::no; ///< `X = …`
    Presence body = Presence::no;
    std::vector<Argument> required;
    std::vector<Argument> optional; ///< may follow, in this order
    Argument repeated = Argument::text;
    bool repeats = false;                   ///< any number of `repeated` may follow
    std::vector<std::string_view> keywords; ///< literal words that may stand first, e.g. `group`
    std::string_view example;
};

/// Whether a name is a variable's and not `failed` or an errno: it begins with a small letter.
bool is_variable_name(std::string_view name);

/// Sorted as docs/SCENARIOS.md lists them.
std::vector<Verb> const& verbs();
Verb const* find_verb(std::string_view name);

/// Numbers of include/uapi/asm-generic/signal.h; 0 if it is no signal. Takes "SIGKILL", "KILL" and
/// "9".
int signal_number(std::string_view name);
/// "SIGKILL" of 9; empty if there is none.
std::string_view signal_name(int number);

/// Bits of include/uapi/linux/sched.h; 0 if it is no flag.
unsigned long long clone_flag_bits(std::string_view name);

/// Number of include/uapi/asm-generic/errno*.h; 0 if it is no errno.
int errno_number(std::string_view name);
std::vector<std::string_view> errno_names();
std::vector<std::string_view> signal_names();
std::vector<std::string_view> clone_flag_names();

} // namespace kflow::scenario
