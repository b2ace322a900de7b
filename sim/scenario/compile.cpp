#include "sim/scenario/compile.hpp"

#include "sim/kernel/task.hpp"
#include "sim/scenario/verbs.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace kflow::scenario {

namespace {

using engine::Compare;
using engine::Op;
using engine::OpArgument;
using engine::Value;
using engine::Variable;
using kernel::Arg;

constexpr std::size_t kCommLength = 15; // TASK_COMM_LEN of include/linux/sched.h, its zero left out

std::int64_t wait_option(std::string_view name) { // include/uapi/linux/wait.h
    static std::map<std::string_view, std::int64_t> const bits{
        {"WNOHANG", 1},         {"WUNTRACED", 2},        {"WSTOPPED", 2},
        {"WEXITED", 4},         {"WCONTINUED", 8},       {"WNOWAIT", 0x01000000},
        {"__WALL", 0x40000000}, {"__WCLONE", 0x80000000}};
    auto const found = bits.find(name);
    return found == bits.end() ? 0 : found->second;
}

std::int64_t action_flag(std::string_view name) { // include/uapi/asm-generic/signal-defs.h
    static std::map<std::string_view, std::int64_t> const bits{
        {"SA_NOCLDSTOP", 1},        {"SA_NOCLDWAIT", 2},        {"SA_SIGINFO", 4},
        {"SA_RESTART", 0x10000000}, {"SA_NODEFER", 0x40000000}, {"SA_RESETHAND", 0x80000000}};
    auto const found = bits.find(name);
    return found == bits.end() ? 0 : found->second;
}

constexpr std::int64_t kNoLine = -2; ///< what no variable holds

/// Whether a line is the pattern's text, in which `*` stands for one word.
bool matches(std::string_view line, std::string_view pattern) {
    auto const star = pattern.find('*');
    if (star == std::string_view::npos) {
        return line == pattern;
    }
    if (line.substr(0, star) != pattern.substr(0, star) || line.size() <= star) {
        return false;
    }
    auto const rest = line.substr(star);
    auto const word = rest.substr(0, rest.find(' '));
    return !word.empty() && matches(rest.substr(word.size()), pattern.substr(star + 1));
}

class Compiler {
public:
    Compiler(Scenario const& scenario, Program const& program, engine::World& world)
        : scenario_(scenario), world_(world) {
        out_.path = program.path;
        out_.comm = comm_of(program.path);
        out_.line = program.place.line;
        intern_typed_lines();
        find_collected(program.body);
        last_ = variable("(result)");
        block(program.body);
        end(0, program.place.line);
        place_handlers();
    }

    engine::Program take() { return std::move(out_); }

private:
    static std::string comm_of(std::string_view path) {
        path.remove_prefix(path.rfind('/') + 1);
        return std::string(path.substr(0, kCommLength));
    }

    Variable variable(std::string const& name) {
        auto const found = std::ranges::find(out_.variables, name);
        if (found != out_.variables.end()) {
            return static_cast<Variable>(found - out_.variables.begin());
        }
        out_.variables.push_back(name);
        return static_cast<Variable>(out_.variables.size() - 1);
    }

    Op& add(Op::Kind kind, int line) {
        Op& op = out_.ops.emplace_back();
        op.kind = kind;
        op.line = line;
        return op;
    }

    std::uint32_t here() const { return static_cast<std::uint32_t>(out_.ops.size()); }

    Op& call(std::string name, std::vector<OpArgument> arguments, int line) {
        Op& op = add(Op::Kind::call, line);
        op.name = std::move(name);
        op.arguments = std::move(arguments);
        op.result = last_;
        return op;
    }

    Op& system_call(std::string name, std::vector<OpArgument> arguments, int line) {
        Op& op = call(std::move(name), std::move(arguments), line);
        op.kind = Op::Kind::system_call;
        return op;
    }

    void end(std::int64_t code, int line) { add(Op::Kind::end, line).left = Value::of(code); }

    /// Keeps the last call's result under the statement's name, if it has one.
    void keep_result(Statement const& s) {
        if (!s.result.empty()) {
            Op& op = add(Op::Kind::set, s.line);
            op.result = variable(s.result);
            op.left = Value::var(last_);
        }
    }

    Value process(std::string const& name) {
        if (name == "self") {
            return {Value::Kind::own_pid, 0, engine::kNoVariable};
        }
        if (name == "parent") {
            return {Value::Kind::parent_pid, 0, engine::kNoVariable};
        }
        return Value::var(variable(name));
    }

    Value wait_target(std::string const& name) {
        return name == "any" ? Value::of(-1) : name == "group" ? Value::of(0) : process(name);
    }

    void block(std::vector<Statement> const& statements) {
        for (auto const& statement : statements) {
            compile(statement);
        }
    }

    void compile(Statement const& s) {
        using Member = void (Compiler::*)(Statement const&);
        static std::map<std::string_view, Member> const table{
            {"stdout", &Compiler::set_stdout},   {"printf", &Compiler::print},
            {"fflush", &Compiler::plain},        {"write", &Compiler::write},
            {"sleep", &Compiler::sleep},         {"usleep", &Compiler::usleep},
            {"pause", &Compiler::pause},         {"compute", &Compiler::compute},
            {"fork", &Compiler::fork},           {"vfork", &Compiler::fork},
            {"posix_spawn", &Compiler::spawn},   {"pthread_create", &Compiler::thread},
            {"pthread_join", &Compiler::join},   {"pthread_exit", &Compiler::thread_exit},
            {"atexit", &Compiler::atexit},       {"pthread_atfork", &Compiler::atfork},
            {"clone", &Compiler::clone},         {"clone3", &Compiler::clone},
            {"execve", &Compiler::exec},         {"wait", &Compiler::wait_any},
            {"waitpid", &Compiler::waitpid},     {"waitid", &Compiler::waitid},
            {"kill", &Compiler::kill},           {"tgkill", &Compiler::tgkill},
            {"raise", &Compiler::raise},         {"abort", &Compiler::abort},
            {"signal", &Compiler::disposition},  {"on", &Compiler::handler},
            {"sigprocmask", &Compiler::mask},    {"sigsuspend", &Compiler::suspend},
            {"setpgid", &Compiler::setpgid},     {"setsid", &Compiler::plain_system_call},
            {"pipe", &Compiler::make_pipe},      {"close", &Compiler::close_pipe},
            {"ctty", &Compiler::ctty},           {"set", &Compiler::set_flag},
            {"clear", &Compiler::set_flag},      {"append", &Compiler::append},
            {"tcsetpgrp", &Compiler::tcsetpgrp}, {"prctl", &Compiler::subreaper},
            {"unshare", &Compiler::unshare},     {"setuid", &Compiler::setuid},
            {"setrlimit", &Compiler::setrlimit}, {"cgroup", &Compiler::pids_max},
            {"open", &Compiler::open},           {"mmap", &Compiler::mmap},
            {"touch", &Compiler::touch},         {"segfault", &Compiler::segfault},
            {"read", &Compiler::read},           {"type", &Compiler::type},
            {"stdin", &Compiler::set_stdin},     {"relay", &Compiler::relay},
            {"repeat", &Compiler::repeat},       {"loop", &Compiler::loop},
            {"leave", &Compiler::leave},         {"if", &Compiler::condition},
            {"exit", &Compiler::finish},         {"_exit", &Compiler::finish},
            {"return", &Compiler::finish},       {"syscall", &Compiler::bare_exit}};
        (this->*table.at(s.verb))(s);
    }

    // Output.

    void set_stdout(Statement const& s) {
        out_.stdout_is_tty = s.words[0].text == "tty";
        out_.stdout_is_disk = s.words[0].text == "disk";
    }

    void print(Statement const& s) {
        auto const& text = s.words[0].text;
        call("printf",
             {{Arg::fd, Value::of(1)},
              {Arg::text, Value::of(world_.intern(text))}},
             s.line);
    }

    void plain(Statement const& s) { call(s.verb, {}, s.line); }

    void plain_system_call(Statement const& s) { system_call(s.verb, {}, s.line); }

    static Value bytes_of(Word const& word) {
        return Value::of(static_cast<std::int64_t>(word.text.size()));
    }

    Value line_value(Value::Kind kind, std::string const& name) {
        return {kind, 0, variable(name)};
    }

    /// A text, the line that a variable holds, or all the lines that were appended to one.
    void write(Statement const& s) {
        auto const& what = s.words[0];
        auto const bytes = what.kind == WordKind::text    ? bytes_of(what)
                           : collected_.contains(what.text)
                               ? Value::var(variable(what.text))
                               : line_value(Value::Kind::line_bytes, what.text);
        call("write", {{Arg::fd, Value::of(1)}, {Arg::bytes, bytes}}, s.line);
    }

    /// A typed line as a reader has it: without the key that ends it.
    static std::string_view line_of(Word const& typed) {
        std::string_view line = typed.text;
        line.remove_suffix(line.ends_with('\n') ? 1 : 0);
        return line;
    }

    /// To the terminal's other side, or into the pipe that whoever has that side reads.
    void type(Statement const& s) {
        auto const& text = s.words.back();
        bool const piped = s.words.size() > 1;
        call("write",
             {{Arg::fd, Value::of(piped ? kernel::kPipeWrite : kernel::kTerminalMaster)},
              {Arg::bytes, bytes_of(text)},
              {Arg::line, Value::of(world_.intern(line_of(text)))}},
             s.line);
    }

    /// What a shell does for a command behind a `|`.
    void set_stdin(Statement const& s) {
        system_call("dup3", {{Arg::fd, Value::of(kernel::kPipeRead)}, {Arg::value, Value::of(0)}},
                    s.line);
        close_pipe(s);
    }

    /// The block where a poll would find `what` ready.
    template <class Block>
    void where_ready(std::int64_t what, int line, Block block) {
        Op& test = add(Op::Kind::branch, line);
        test.left = {Value::Kind::ready, what, engine::kNoVariable};
        test.compare = Compare::equal;
        test.right = Value::of(1);
        auto const branch = here() - 1;
        block();
        out_.ops[branch].target = here();
    }

    void poll(Value files, Value time, int line) {
        system_call("ppoll", {{Arg::mask, files}, {Arg::time, time}}, line);
    }

    /// What the programs wrote goes to file 1.
    void copy_output(int line) {
        constexpr std::int64_t buffer = 0x2000;
        call("read",
             {{Arg::fd, Value::of(kernel::kTerminalMaster)}, {Arg::bytes, Value::of(buffer)}},
             line);
        call("write", {{Arg::fd, Value::of(1)}, {Arg::bytes, Value::var(last_)}}, line);
    }

    /// A line of file 0 goes to the terminal; at its end it is not looked at any more.
    void copy_input(Variable files, int line) {
        call("read", {{Arg::fd, Value::of(0)}, {Arg::bytes, Value::of(1)}}, line);
        Op& got = add(Op::Kind::branch, line);
        got.left = Value::var(last_);
        got.compare = Compare::greater;
        got.right = Value::of(0);
        auto const branch = here() - 1;
        call("write",
             {{Arg::fd, Value::of(kernel::kTerminalMaster)},
              {Arg::bytes, Value::var(last_)},
              {Arg::line, {Value::Kind::typed_line, 0, engine::kNoVariable}}},
             line);
        add(Op::Kind::jump, line);
        auto const over = here() - 1;
        out_.ops[branch].target = here();
        Op& closed = add(Op::Kind::set, line);
        closed.result = files;
        closed.left = Value::of(kernel::kPollsTerminal | kernel::kPollsSignal);
        out_.ops[over].target = here();
    }

    /// script(1) of util-linux, lib/pty-session.c: ul_pty_proxy_master(). When SIGCHLD has told of
    /// the child's end, what it wrote last is copied, and 10 ms of silence are the end.
    void relay(Statement const& s) {
        constexpr std::int64_t silence = 10'000'000;
        constexpr std::int64_t all =
            kernel::kPollsInput | kernel::kPollsTerminal | kernel::kPollsSignal;
        auto const files = variable("(polled " + std::to_string(s.line) + ")");
        Op& start = add(Op::Kind::set, s.line);
        start.result = files;
        start.left = Value::of(all);
        auto const top = here();
        leaves_.push_back({});
        poll(Value::var(files), Value::of(-1), s.line);
        where_ready(kernel::kPollsTerminal, s.line, [&] { copy_output(s.line); });
        where_ready(kernel::kPollsInput, s.line, [&] {
            Op& open = add(Op::Kind::branch, s.line);
            open.left = Value::var(files);
            open.compare = Compare::equal;
            open.right = Value::of(all);
            auto const branch = here() - 1;
            copy_input(files, s.line);
            out_.ops[branch].target = here();
        });
        where_ready(kernel::kPollsSignal, s.line, [&] {
            constexpr std::int64_t no_hang = 1; // WNOHANG
            call("waitpid",
                 {{Arg::pid, process(s.words[0].text)}, {Arg::options, Value::of(no_hang)}},
                 s.line);
            leave(s);
        });
        close_loop(top, s.line);
        auto const rest = here();
        poll(Value::of(kernel::kPollsTerminal), Value::of(silence), s.line);
        where_ready(kernel::kPollsTerminal, s.line, [&] {
            copy_output(s.line);
            add(Op::Kind::jump, s.line).target = rest;
        });
    }

    void find_collected(std::vector<Statement> const& statements) {
        for (auto const& s : statements) {
            if (s.verb == "append") {
                collected_.insert(s.words[1].text);
            }
            find_collected(s.body);
            find_collected(s.otherwise);
        }
    }

    /// Every line that somebody in the scenario types, in the order of its text: what a line can be
    /// compared with.
    void intern_typed_lines() {
        std::function<void(std::vector<Statement> const&)> const collect =
            [&](std::vector<Statement> const& statements) {
                for (auto const& s : statements) {
                    if (s.verb == "type") {
                        typed_.push_back(world_.intern(line_of(s.words.back())));
                    }
                    collect(s.body);
                    collect(s.otherwise);
                }
            };
        for (auto const& program : scenario_.programs) {
            collect(program.body);
        }
    }

    void close_end(int fd, int line) { call("close", {{Arg::fd, Value::of(fd)}}, line); }

    void make_pipe(Statement const& s) { system_call("pipe2", {}, s.line); }

    void close_pipe(Statement const& s) {
        close_end(kernel::kPipeRead, s.line);
        close_end(kernel::kPipeWrite, s.line);
    }

    void read(Statement const& s) {
        if (s.words[0].text == "pipe") {
            close_end(kernel::kPipeWrite, s.line);
            call("read", {{Arg::fd, Value::of(kernel::kPipeRead)}, {Arg::bytes, Value::of(1)}},
                 s.line);
            return close_end(kernel::kPipeRead, s.line);
        }
        call("read", {{Arg::fd, Value::of(0)}}, s.line);
        if (!s.result.empty()) {
            Op& op = add(Op::Kind::set, s.line);
            op.result = variable(s.result);
            op.left = {Value::Kind::typed_line, 0, engine::kNoVariable};
        }
    }

    /// One more line, with its newline, or a text as it is, in the buffer of the second word.
    void append(Statement const& s) {
        auto const buffer = variable(s.words[1].text);
        auto const grow = [&](Value by) {
            Op& op = add(Op::Kind::add, s.line);
            op.result = buffer;
            op.left = Value::var(buffer);
            op.right = by;
        };
        if (s.words[0].kind == WordKind::text) {
            return grow(bytes_of(s.words[0]));
        }
        grow(line_value(Value::Kind::line_bytes, s.words[0].text));
        grow(Value::of(1));
    }

    void set_flag(Statement const& s) {
        Op& op = add(Op::Kind::set, s.line);
        op.result = variable(s.words[0].text);
        op.left = Value::of(s.verb == "set" ? 1 : 0);
    }

    // Time.

    void sleep(Statement const& s) {
        call("sleep", {{Arg::time, Value::of(s.words[0].number)}}, s.line);
    }

    void usleep(Statement const& s) {
        call("usleep", {{Arg::time, Value::of(s.words[0].number)}}, s.line);
    }

    void pause(Statement const& s) { call("pause", {}, s.line); }

    void compute(Statement const& s) {
        add(Op::Kind::compute, s.line).left = Value::of(s.words[0].number);
    }

    // Making processes and threads.

    /// The block runs where the last call gave 0, and ends by exit(0).
    void child_block(Statement const& s) {
        keep_result(s);
        if (s.body.empty()) {
            return;
        }
        Op& op = add(Op::Kind::branch, s.line);
        op.left = Value::var(last_);
        op.compare = Compare::equal;
        op.right = Value::of(0);
        auto const branch = here() - 1;
        auto const loops = std::exchange(leaves_, {});
        block(s.body);
        leaves_ = loops;
        end(0, s.line);
        out_.ops[branch].target = here();
    }

    void fork(Statement const& s) {
        call(s.verb, {}, s.line);
        if (s.words.empty()) {
            return child_block(s);
        }
        Statement with_exec = s;
        Statement exec;
        exec.verb = "execve";
        exec.words = s.words;
        exec.line = s.line;
        Statement failed;
        failed.verb = "_exit";
        failed.words = {{WordKind::number, "127", 127, 0}};
        failed.line = s.line;
        with_exec.body = {exec, failed};
        child_block(with_exec);
    }

    std::int64_t path_index(Word const& word) {
        if (word.kind == WordKind::text) {
            return world_.intern(word.text);
        }
        Program const* const program = scenario_.find_program(word.text);
        return world_.intern(program ? program->path : "/progs/" + word.text);
    }

    void spawn(Statement const& s) {
        call("posix_spawn", {{Arg::path, Value::of(path_index(s.words[0]))}}, s.line);
        keep_result(s);
    }

    /// A program, a path, or the program that a typed line names.
    void exec(Statement const& s) {
        auto const& what = s.words[0];
        bool const by_line = what.kind == WordKind::name && !scenario_.find_program(what.text);
        auto const path = by_line ? line_value(Value::Kind::line_program, what.text)
                                  : Value::of(path_index(what));
        call("execve", {{Arg::path, path}}, s.line);
    }

    void thread(Statement const& s) {
        Op& op = call("pthread_create", {{Arg::entry, Value::of(0)}}, s.line);
        auto const create = static_cast<std::size_t>(&op - out_.ops.data());
        keep_result(s);
        Op& jump = add(Op::Kind::jump, s.line);
        auto const over = static_cast<std::size_t>(&jump - out_.ops.data());
        out_.ops[create].arguments[0].value = Value::of(here());
        auto const loops = std::exchange(leaves_, {});
        block(s.body);
        leaves_ = loops;
        end(0, s.line); // back into start_thread()
        out_.ops[over].target = here();
    }

    /// A function that the library is given: its block stands behind a jump over it.
    std::int64_t function(Statement const& s) {
        add(Op::Kind::jump, s.line);
        auto const over = here() - 1;
        auto const loops = std::exchange(leaves_, {});
        block(s.body);
        leaves_ = loops;
        end(0, s.line);
        out_.ops[over].target = here();
        return over + std::int64_t{1};
    }

    void atexit(Statement const& s) {
        auto const entry = function(s);
        call("atexit", {{Arg::handler, Value::of(entry)}}, s.line);
    }

    void atfork(Statement const& s) {
        auto const entry = function(s);
        auto const& when = s.words[0].text;
        auto const which = when == "prepare"  ? Arg::prepare
                           : when == "parent" ? Arg::parent
                                              : Arg::child;
        call("pthread_atfork", {{which, Value::of(entry)}}, s.line);
    }

    void join(Statement const& s) {
        call("pthread_join", {{Arg::tid, process(s.words[0].text)}}, s.line);
    }

    void thread_exit(Statement const& s) { call("pthread_exit", {}, s.line); }

    void clone(Statement const& s) {
        std::int64_t flags = 0;
        std::int64_t exit_signal = 0;
        for (std::size_t i = 0; i < s.words.size(); ++i) {
            if (s.words[i].text == "signal" && i + 1 < s.words.size()) {
                exit_signal = signal_number(s.words[++i].text);
            } else {
                flags |= static_cast<std::int64_t>(clone_flag_bits(s.words[i].text));
            }
        }
        system_call(s.verb,
                    {{Arg::flags, Value::of(flags)}, {Arg::exit_signal, Value::of(exit_signal)}},
                    s.line);
        child_block(s);
    }

    // Waiting.

    void wait_any(Statement const& s) {
        call("waitpid", {{Arg::pid, Value::of(-1)}, {Arg::options, Value::of(0)}}, s.line);
        keep_result(s);
    }

    std::int64_t options_of(Statement const& s, std::size_t from) {
        std::int64_t options = 0;
        for (std::size_t i = from; i < s.words.size(); ++i) {
            options |= wait_option(s.words[i].text);
        }
        return options;
    }

    void waitpid(Statement const& s) {
        call(
            "waitpid",
            {{Arg::pid, wait_target(s.words[0].text)}, {Arg::options, Value::of(options_of(s, 1))}},
            s.line);
        keep_result(s);
    }

    void waitid(Statement const& s) {
        bool const by_fd = s.words[0].text == "pidfd";
        auto const& target = s.words[by_fd ? 1 : 0].text;
        constexpr std::int64_t all = 0;
        constexpr std::int64_t one = 1;
        constexpr std::int64_t group = 2;
        constexpr std::int64_t pidfd = 3;
        std::int64_t const idtype = by_fd               ? pidfd
                                    : target == "any"   ? all
                                    : target == "group" ? group
                                                        : one;
        std::int64_t const options = options_of(s, by_fd ? 2 : 1);
        constexpr std::int64_t exited = 4;
        system_call("waitid",
                    {{Arg::idtype, Value::of(idtype)},
                     {Arg::pid, idtype == all || idtype == group ? Value::of(0) : process(target)},
                     {Arg::options, Value::of(options == 0 ? exited : options)}},
                    s.line);
    }

    // Signals.

    void kill(Statement const& s) {
        bool const group = s.words[1].text == "group";
        Value target = process(s.words[group ? 2 : 1].text);
        if (group && target.kind == Value::Kind::variable) {
            target.kind = Value::Kind::minus_variable;
        } else if (group) {
            target = Value::of(0);
        }
        call("kill", {{Arg::pid, target}, {Arg::signal, Value::of(signal_number(s.words[0].text))}},
             s.line);
    }

    void tgkill(Statement const& s) {
        system_call("tgkill",
                    {{Arg::pid, process("self")},
                     {Arg::tid, process(s.words[1].text)},
                     {Arg::signal, Value::of(signal_number(s.words[0].text))}},
                    s.line);
    }

    void raise(Statement const& s) {
        signal_itself("raise", signal_number(s.words[0].text), s.line);
    }

    void abort(Statement const& s) { signal_itself("abort", signal_number("SIGABRT"), s.line); }

    void signal_itself(std::string name, int signal, int line) {
        call(std::move(name),
             {{Arg::pid, process("self")},
              {Arg::tid, {Value::Kind::own_tid, 0, engine::kNoVariable}},
              {Arg::signal, Value::of(signal)}},
             line);
    }

    void disposition(Statement const& s) {
        constexpr std::int64_t by_default = 0;
        constexpr std::int64_t ignore = 1;
        bool const ignored = s.words[1].text == "SIG_IGN";
        system_call("rt_sigaction",
                    {{Arg::signal, Value::of(signal_number(s.words[0].text))},
                     {Arg::handler, Value::of(ignored ? ignore : by_default)},
                     {Arg::action_flags, Value::of(action_flag("SA_RESTART"))}},
                    s.line);
    }

    void handler(Statement const& s) {
        std::int64_t flags = 0;
        for (std::size_t i = 1; i < s.words.size(); ++i) {
            flags |= action_flag(s.words[i].text);
        }
        handlers_.push_back({out_.ops.size(), s});
        system_call("rt_sigaction",
                    {{Arg::signal, Value::of(signal_number(s.words[0].text))},
                     {Arg::handler, Value::of(0)},
                     {Arg::action_flags, Value::of(flags)}},
                    s.line);
    }

    /// Handlers' blocks stand behind the program's end; a handler may set another one.
    void place_handlers() {
        for (std::size_t i = 0; i < handlers_.size(); ++i) {
            auto const [op, statement] = handlers_[i];
            constexpr std::int64_t first_handler = 2;
            out_.ops[op].arguments[1].value = Value::of(first_handler + here());
            leaves_.clear();
            // The interrupted statement's own result stays what it is.
            last_ = variable("(result " + std::to_string(i) + ")");
            block(statement.body);
            add(Op::Kind::handler_return, statement.line);
        }
    }

    static std::int64_t mask_of(Word const& signal) {
        return std::int64_t{1} << (signal_number(signal.text) - 1);
    }

    void mask(Statement const& s) {
        constexpr std::int64_t block_it = 0;
        constexpr std::int64_t unblock_it = 1;
        system_call("rt_sigprocmask",
                    {{Arg::how, Value::of(s.words[0].text == "unblock" ? unblock_it : block_it)},
                     {Arg::mask, Value::of(mask_of(s.words[1]))}},
                    s.line);
    }

    /// Waits with everything held back but the named signal.
    void suspend(Statement const& s) {
        system_call("rt_sigsuspend", {{Arg::mask, Value::of(~mask_of(s.words[0]))}}, s.line);
    }

    // Groups, namespaces, limits.

    void setpgid(Statement const& s) {
        Value const who = process(s.words[0].text);
        system_call("setpgid", {{Arg::pid, who}, {Arg::pgid, who}}, s.line);
    }

    void tcsetpgrp(Statement const& s) {
        system_call("ioctl",
                    {{Arg::fd, Value::of(0)},
                     {Arg::command, Value::of(kernel::TIOCSPGRP_)},
                     {Arg::pgid, process(s.words[0].text)}},
                    s.line);
    }

    /// What login_tty() of the C library does behind its setsid().
    void ctty(Statement const& s) {
        Value const slave = Value::of(kernel::kTerminalSlave);
        system_call(
            "ioctl",
            {{Arg::fd, slave}, {Arg::command, Value::of(kernel::TIOCSCTTY_)}, {Arg::value, Value::of(0)}},
            s.line);
        auto const outcome = last_;
        last_ = engine::kNoVariable;
        for (int fd = 0; fd < 3; ++fd) {
            system_call("dup3", {{Arg::fd, slave}, {Arg::value, Value::of(fd)}}, s.line);
        }
        last_ = outcome; // `if failed` is about the terminal
    }

    void subreaper(Statement const& s) {
        constexpr std::int64_t set_child_subreaper = 36; // include/uapi/linux/prctl.h
        system_call("prctl",
                    {{Arg::options, Value::of(set_child_subreaper)}, {Arg::value, Value::of(1)}},
                    s.line);
    }

    void unshare(Statement const& s) {
        std::int64_t flags = 0;
        for (auto const& word : s.words) {
            flags |= static_cast<std::int64_t>(clone_flag_bits(word.text));
        }
        system_call("unshare", {{Arg::flags, Value::of(flags)}}, s.line);
    }

    void setuid(Statement const& s) {
        system_call("setuid", {{Arg::uid, Value::of(s.words[0].number)}}, s.line);
    }

    void setrlimit(Statement const& s) {
        constexpr std::int64_t nproc = 6; // include/uapi/asm-generic/resource.h
        system_call("prlimit64",
                    {{Arg::resource, Value::of(nproc)}, {Arg::value, Value::of(s.words[1].number)}},
                    s.line);
    }

    void pids_max(Statement const& s) {
        system_call("write",
                    {{Arg::fd, Value::of(3)},
                     {Arg::bytes, Value::of(1)},
                     {Arg::resource, Value::of(kCgroupPidsMax)},
                     {Arg::value, Value::of(s.words[1].number)}},
                    s.line);
    }

    void open(Statement const& s) {
        system_call("openat", {{Arg::count, Value::of(s.words[0].number)}}, s.line);
    }

    void mmap(Statement const& s) {
        system_call("mmap", {{Arg::count, Value::of(s.words[0].number)}}, s.line);
    }

    void touch(Statement const& s) {
        Op& op = add(Op::Kind::fault, s.line);
        op.left = Value::of(1);
        op.right = Value::of(s.words[0].number);
    }

    void segfault(Statement const& s) { add(Op::Kind::fault, s.line).left = Value::of(0); }

    // Control.

    void close_loop(std::uint32_t top, int line) {
        add(Op::Kind::jump, line).target = top;
        for (auto const leave : leaves_.back()) {
            out_.ops[leave].target = here();
        }
        leaves_.pop_back();
    }

    void repeat(Statement const& s) {
        Variable const counter = variable("(repeat " + std::to_string(s.line) + ")");
        Op& start = add(Op::Kind::set, s.line);
        start.result = counter;
        start.left = Value::of(0);
        auto const top = here();
        Op& test = add(Op::Kind::branch, s.line);
        test.left = Value::var(counter);
        test.compare = Compare::less;
        test.right = Value::of(s.words[0].number);
        leaves_.push_back({top});
        block(s.body);
        Op& step = add(Op::Kind::add, s.line);
        step.result = counter;
        step.left = Value::var(counter);
        step.right = Value::of(1);
        close_loop(top, s.line);
    }

    void loop(Statement const& s) {
        auto const top = here();
        leaves_.push_back({});
        block(s.body);
        close_loop(top, s.line);
    }

    void leave(Statement const& s) {
        if (leaves_.empty()) {
            return;
        }
        leaves_.back().push_back(here());
        add(Op::Kind::jump, s.line);
    }

    /// The block where one of the tests holds, `else` where none does; a test that holds falls
    /// through, another one jumps to the next.
    void either(Statement const& s, std::vector<Op> const& tests) {
        std::vector<std::uint32_t> to_block;
        std::uint32_t last_test = 0;
        for (std::size_t n = 0; n < tests.size(); ++n) {
            last_test = here();
            out_.ops.push_back(tests[n]);
            if (n + 1 < tests.size()) {
                to_block.push_back(here());
                add(Op::Kind::jump, s.line);
                out_.ops[last_test].target = here();
            }
        }
        for (auto const jump : to_block) {
            out_.ops[jump].target = here();
        }
        block(s.body);
        auto const out = here();
        add(Op::Kind::jump, s.line);
        if (!tests.empty()) {
            out_.ops[last_test].target = here();
        }
        block(s.otherwise);
        out_.ops[out].target = here();
    }

    Op compared(Statement const& s, Compare compare, std::int64_t with) {
        Op test;
        test.kind = Op::Kind::branch;
        test.left = Value::var(variable(s.words[0].text));
        test.compare = compare;
        test.right = Value::of(with);
        test.line = s.line;
        return test;
    }

    /// A variable: whether it is set (a process, a flag), or holds a line that the text matches.
    void condition_on_variable(Statement const& s) {
        if (s.words.size() == 1) {
            return either(s, {compared(s, Compare::greater, 0)});
        }
        std::vector<Op> tests;
        std::set<std::int64_t> seen;
        for (auto const line : typed_) {
            if (seen.insert(line).second && matches(world_.string(line), s.words[1].text)) {
                tests.push_back(compared(s, Compare::equal, line));
            }
        }
        if (tests.empty()) { // nobody types it: never
            tests.push_back(compared(s, Compare::equal, kNoLine));
        }
        either(s, tests);
    }

    void condition(Statement const& s) {
        if (is_variable_name(s.words[0].text)) {
            return condition_on_variable(s);
        }
        Op& failed = add(Op::Kind::branch, s.line);
        failed.left = Value::var(last_);
        failed.compare = Compare::less;
        failed.right = Value::of(0);
        std::vector<std::uint32_t> skips{here() - 1};
        if (s.words[0].text != "failed") {
            add(Op::Kind::branch_errno, s.line).left = Value::of(errno_number(s.words[0].text));
            skips.push_back(here() - 1);
        }
        block(s.body);
        std::uint32_t const out = here();
        add(Op::Kind::jump, s.line);
        for (auto const skip : skips) {
            out_.ops[skip].target = here();
        }
        block(s.otherwise);
        out_.ops[out].target = here();
    }

    void finish(Statement const& s) {
        std::int64_t const code = s.words[0].number;
        if (s.verb == "return") {
            return end(code, s.line);
        }
        call(s.verb, {{Arg::exit_code, Value::of(code)}}, s.line);
    }

    /// `syscall exit N`: only this thread ends, and glibc does nothing for it.
    void bare_exit(Statement const& s) {
        system_call("exit", {{Arg::exit_code, Value::of(s.words[1].number)}}, s.line);
    }

    Scenario const& scenario_;
    engine::World& world_;
    engine::Program out_;
    Variable last_ = engine::kNoVariable;
    std::vector<std::vector<std::uint32_t>> leaves_; ///< of each open loop: jumps to its end
    std::vector<std::pair<std::size_t, Statement>> handlers_;
    std::set<std::string> collected_;  ///< variables that `append` fills
    std::vector<std::int64_t> typed_; ///< lines: strings of the world
};

} // namespace

engine::Program compile_program(Scenario const& scenario, Program const& program,
                                engine::World& world) {
    return Compiler(scenario, program, world).take();
}

engine::World compile_world(Scenario const& scenario) {
    engine::World world;
    for (auto const& program : scenario.programs) {
        world.intern(program.path); // a typed line may name it
    }
    for (auto const& program : scenario.programs) {
        world.programs.push_back(compile_program(scenario, program, world));
    }
    return world;
}

} // namespace kflow::scenario
