#pragma once
// The user side of a task: an immutable list of operations, made by sim/scenario from what a
// scenario's author wrote. The machine holds only a position in it and the variables.
//
// Ops are flat: blocks are jumps. A child of fork goes on with a copy of its parent's position and
// variables, and with 0 as the call's result. A program's list ends in Op::Kind::end: return from
// main, which is exit() with the code in its argument.

#include "sim/kernel/arguments.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::trace {
class CallShapes;
}

namespace kflow::engine {

using kernel::Arg;

/// Index of a program's variables; they are 0 at first. Every task has its own.
using Variable = std::uint16_t;
inline constexpr Variable kNoVariable = 0xffff;

/// A number, or what a variable holds when the operation is executed.
struct Value {
    enum class Kind : std::uint8_t {
        number,
        variable,
        minus_variable, ///< kill(-group)
        own_pid,        ///< getpid() as the task's pid namespace has it
        own_tid,        ///< gettid(), likewise
        parent_pid,     ///< getppid()
        typed_line,     ///< the line that the last read gave: index of World's strings
        line_bytes,     ///< how long the line that the variable holds is
        ready,          ///< whether a poll finds what number says (kPolls…): 1 or 0
        line_program,   ///< the path of the program that its first word names: index; -1: none
    };
    Kind kind = Kind::number;
    std::int64_t number = 0;
    Variable variable = kNoVariable;

    static Value of(std::int64_t n) { return {Kind::number, n, kNoVariable}; }
    static Value var(Variable v) { return {Kind::variable, 0, v}; }
    bool operator==(Value const&) const = default;
};

/// An argument of a call.
struct OpArgument {
    Arg name = Arg::flags;
    Value value;
    bool operator==(OpArgument const&) const = default;
};

/// How `branch` compares its left with its right value.
enum class Compare : std::uint8_t { equal, not_equal, less, greater };

struct Op {
    enum class Kind : std::uint8_t {
        call, ///< name: a glibc function (`fork`, `printf`, `sleep`); arguments; result: what it
              ///< returns (-1 where it fails; then the task's errno is set). If the model has no
              ///< such function, the system call of that name is entered directly.
        system_call,  ///< name: a system call (`clone`, `exit_group`); arguments; result: value or
                      ///< -errno
        set,          ///< result = left
        add,          ///< result = left + right
        branch,       ///< next if `left COMPARE right`, else to target
        branch_errno, ///< next if the task's errno is left (-1: any), else to target
        jump,         ///< to target
        compute,      ///< left: nanoseconds of user time on a CPU
        fault,        ///< touches the address left: a data abort that ends in SIGSEGV
        handler_return, ///< the end of a signal handler: rt_sigreturn
        end, ///< return from main: exit(left); from a function that the library called: back
    };
    Kind kind = Kind::end;
    std::string name;
    std::vector<OpArgument> arguments;
    Variable result = kNoVariable;
    Value left;
    Value right;
    Compare compare = Compare::equal;
    std::uint32_t target = 0;
    int line = 0; ///< of the scenario, for the step-through; 0: none
    bool operator==(Op const&) const = default;
};

/// A program: what execve finds at a path.
struct Program {
    std::string path; ///< "/progs/raspbian_proc"
    std::string comm; ///< at most 15 bytes: the path's last part
    std::vector<Op> ops;
    std::vector<std::string> variables; ///< names, by index
    std::uint32_t vmas = 15;            ///< mappings after execve
    std::uint32_t files = 3;            ///< open files that a first program begins with
    bool stdout_is_tty = true;          ///< line buffered, else full
    bool stdout_is_disk = false;        ///< a file that is written through
    int line = 0;
    bool operator==(Program const&) const = default;
};

/// What every task of a run can find: the programs, and the strings that arguments name by index.
struct World {
    std::vector<Program> programs;
    std::vector<std::string> strings;
    /// Full depth: what captures showed below functions without a body; null: nothing is shown
    /// there.
    std::shared_ptr<trace::CallShapes const> shapes;

    /// Index of the program at a path; -1 if there is none (execve: ENOENT).
    int find_program(std::string_view path) const;
    /// The string of an index; empty if there is none.
    std::string_view string(std::int64_t index) const;
    /// Index of the path of the program that a line's first word names; -1 if there is none.
    std::int64_t program_of_line(std::string_view line) const;
    /// Index of a string, added if it is new.
    std::int64_t intern(std::string_view text);
};

} // namespace kflow::engine
