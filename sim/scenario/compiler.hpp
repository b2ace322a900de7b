#pragma once
// What the statements of a program become: one method a verb, a file a kind of verb. Private to
// sim/scenario (compile*.cpp).

#include "sim/engine/program.hpp"
#include "sim/scenario/scenario.hpp"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kflow::scenario {

using engine::Compare;
using engine::Op;
using engine::OpArgument;
using engine::Value;
using engine::Variable;
using kernel::Arg;

/// Makes a program's operations.
class Compiler {
public:
    Compiler(Scenario const& scenario, Program const& program, engine::World& world);
    engine::Program take();

private:
    static std::string comm_of(std::string_view path);
    Variable variable(std::string const& name);
    Op& add(Op::Kind kind, int line);
    std::uint32_t here() const;
    Op& call(std::string name, std::vector<OpArgument> arguments, int line);
    Op& system_call(std::string name, std::vector<OpArgument> arguments, int line);
    void end(std::int64_t code, int line);
    /// Keeps the last call's result under the statement's name, if it has one.
    void keep_result(Statement const& s);
    Value process(std::string const& name);
    Value wait_target(std::string const& name);
    void block(std::vector<Statement> const& statements);
    /// The statements below `s` as a program of their own (a child, a handler): loops around it are
    /// not left from there, and it ends by itself.
    void own_body(Statement const& s);
    void compile(Statement const& s);

    // Output, input and the terminal (compile_output.cpp).
    void set_stdout(Statement const& s);
    void print(Statement const& s);
    void plain(Statement const& s);
    void plain_system_call(Statement const& s);
    static Value bytes_of(Word const& word);
    Value line_value(Value::Kind kind, std::string const& name);
    /// A text, the line that a variable holds, or all the lines that were appended to one.
    void write(Statement const& s);
    /// A typed line as a reader has it: without the key that ends it.
    static std::string_view line_of(Word const& typed);
    /// To the terminal's other side, or into the pipe that whoever has that side reads.
    void type(Statement const& s);
    /// What a shell does for a command behind a `|`.
    void set_stdin(Statement const& s);
    /// The block where a poll would find `what` ready.
    template <class Block>
    void where_ready(std::int64_t what, int line, Block block);
    void poll(Value files, Value time, int line);
    /// What the programs wrote goes to file 1.
    void copy_output(int line);
    /// A line of file 0 goes to the terminal; at its end it is not looked at any more.
    void copy_input(Variable files, int line);
    /// script(1) of util-linux, lib/pty-session.c: ul_pty_proxy_master(). When SIGCHLD has told of
    /// the child's end, what it wrote last is copied, and 10 ms of silence are the end.
    void relay(Statement const& s);
    void find_collected(std::vector<Statement> const& statements);
    /// Every line that somebody in the scenario types, in the order of its text: what a line can be
    /// compared with.
    void intern_typed_lines();
    void close_end(int fd, int line);
    void make_pipe(Statement const& s);
    void close_pipe(Statement const& s);
    void read(Statement const& s);
    /// One more line, with its newline, or a text as it is, in the buffer of the second word.
    void append(Statement const& s);
    void set_flag(Statement const& s);

    // Time (compile_processes.cpp).
    void sleep(Statement const& s);
    void usleep(Statement const& s);
    void pause(Statement const& s);
    void compute(Statement const& s);

    // Making processes and threads.
    /// The block runs where the last call gave 0, and ends by exit(0).
    void child_block(Statement const& s);
    void fork(Statement const& s);
    std::int64_t path_index(Word const& word);
    void spawn(Statement const& s);
    /// A program, a path, or the program that a typed line names.
    void exec(Statement const& s);
    void thread(Statement const& s);
    /// A function that the library is given: its block stands behind a jump over it.
    std::int64_t function(Statement const& s);
    void atexit(Statement const& s);
    void atfork(Statement const& s);
    void join(Statement const& s);
    void thread_exit(Statement const& s);
    void clone(Statement const& s);

    // Waiting.
    void wait_any(Statement const& s);
    std::int64_t options_of(Statement const& s, std::size_t from);
    void waitpid(Statement const& s);
    void waitid(Statement const& s);

    // Signals (compile_signals.cpp).
    void kill(Statement const& s);
    void tgkill(Statement const& s);
    void raise(Statement const& s);
    void abort(Statement const& s);
    void signal_itself(std::string name, int signal, int line);
    void disposition(Statement const& s);
    void handler(Statement const& s);
    /// Handlers' blocks stand behind the program's end; a handler may set another one.
    void place_handlers();
    static std::int64_t mask_of(Word const& signal);
    void mask(Statement const& s);
    /// Waits with everything held back but the named signal.
    void suspend(Statement const& s);

    // Groups, namespaces, limits, memory (compile_machine.cpp).
    void setpgid(Statement const& s);
    void tcsetpgrp(Statement const& s);
    /// What login_tty() of the C library does behind its setsid().
    void ctty(Statement const& s);
    void subreaper(Statement const& s);
    void unshare(Statement const& s);
    void setuid(Statement const& s);
    void setrlimit(Statement const& s);
    void pids_max(Statement const& s);
    void open(Statement const& s);
    void mmap(Statement const& s);
    void touch(Statement const& s);
    void segfault(Statement const& s);

    // Control (compile_control.cpp).
    void close_loop(std::uint32_t top, int line);
    void repeat(Statement const& s);
    void loop(Statement const& s);
    void leave(Statement const& s);
    /// The block where one of the tests holds, `else` where none does; a test that holds falls
    /// through, another one jumps to the next.
    void either(Statement const& s, std::vector<Op> const& tests);
    Op compared(Statement const& s, Compare compare, std::int64_t with);
    /// A variable: whether it is set (a process, a flag), or holds a line that the text matches.
    void condition_on_variable(Statement const& s);
    void condition(Statement const& s);
    void finish(Statement const& s);
    /// `syscall exit N`: only this thread ends, and glibc does nothing for it.
    void bare_exit(Statement const& s);

    Scenario const& scenario_;
    engine::World& world_;
    engine::Program out_;
    Variable last_ = engine::kNoVariable;
    std::vector<std::vector<std::uint32_t>> leaves_; ///< of each open loop: jumps to its end
    std::vector<std::pair<std::size_t, Statement>> handlers_;
    std::set<std::string> collected_; ///< variables that `append` fills
    std::vector<std::int64_t> typed_; ///< lines: strings of the world
};

} // namespace kflow::scenario
