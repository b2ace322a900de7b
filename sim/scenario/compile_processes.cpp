// Statements that take time, make processes and threads, and wait for them.

#include "sim/scenario/compiler.hpp"
#include "sim/scenario/verbs.hpp"

#include <algorithm>
#include <map>

namespace kflow::scenario {

namespace {

std::int64_t wait_option(std::string_view name) { // include/uapi/linux/wait.h
    static std::map<std::string_view, std::int64_t> const bits{
        {"WNOHANG", 1},         {"WUNTRACED", 2},        {"WSTOPPED", 2},
        {"WEXITED", 4},         {"WCONTINUED", 8},       {"WNOWAIT", 0x01000000},
        {"__WALL", 0x40000000}, {"__WCLONE", 0x80000000}};
    auto const found = bits.find(name);
    return found == bits.end() ? 0 : found->second;
}

} // namespace

void Compiler::sleep(Statement const& s) {
    call("sleep", {{Arg::time, Value::of(s.words[0].number)}}, s.line);
}

void Compiler::usleep(Statement const& s) {
    call("usleep", {{Arg::time, Value::of(s.words[0].number)}}, s.line);
}

void Compiler::pause(Statement const& s) {
    call("pause", {}, s.line);
}

void Compiler::compute(Statement const& s) {
    add(Op::Kind::compute, s.line).left = Value::of(s.words[0].number);
}

void Compiler::child_block(Statement const& s) {
    keep_result(s);
    if (s.body.empty()) {
        return;
    }
    Op& op = add(Op::Kind::branch, s.line);
    op.left = Value::var(last_);
    op.compare = Compare::equal;
    op.right = Value::of(0);
    auto const branch = here() - 1;
    own_body(s);
    out_.ops[branch].target = here();
}

void Compiler::fork(Statement const& s) {
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

std::int64_t Compiler::path_index(Word const& word) {
    if (word.kind == WordKind::text) {
        return world_.intern(word.text);
    }
    Program const* const program = scenario_.find_program(word.text);
    return world_.intern(program ? program->path : "/progs/" + word.text);
}

void Compiler::spawn(Statement const& s) {
    call("posix_spawn", {{Arg::path, Value::of(path_index(s.words[0]))}}, s.line);
    keep_result(s);
}

void Compiler::exec(Statement const& s) {
    auto const& what = s.words[0];
    bool const by_line = what.kind == WordKind::name && !scenario_.find_program(what.text);
    auto const path =
        by_line ? line_value(Value::Kind::line_program, what.text) : Value::of(path_index(what));
    call("execve", {{Arg::path, path}}, s.line);
}

void Compiler::thread(Statement const& s) {
    Op& op = call("pthread_create", {{Arg::entry, Value::of(0)}}, s.line);
    auto const create = static_cast<std::size_t>(&op - out_.ops.data());
    keep_result(s);
    auto const entry = function(s); // its end goes back into start_thread()
    out_.ops[create].arguments[0].value = Value::of(entry);
}

std::int64_t Compiler::function(Statement const& s) {
    add(Op::Kind::jump, s.line);
    auto const over = here() - 1;
    own_body(s);
    out_.ops[over].target = here();
    return over + std::int64_t{1};
}

void Compiler::atexit(Statement const& s) {
    auto const entry = function(s);
    call("atexit", {{Arg::handler, Value::of(entry)}}, s.line);
}

void Compiler::atfork(Statement const& s) {
    auto const entry = function(s);
    auto const& when = s.words[0].text;
    auto const which = when == "prepare"  ? Arg::prepare
                       : when == "parent" ? Arg::parent
                                          : Arg::child;
    call("pthread_atfork", {{which, Value::of(entry)}}, s.line);
}

void Compiler::join(Statement const& s) {
    call("pthread_join", {{Arg::tid, process(s.words[0].text)}}, s.line);
}

void Compiler::thread_exit(Statement const& s) {
    call("pthread_exit", {}, s.line);
}

void Compiler::clone(Statement const& s) {
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

void Compiler::wait_any(Statement const& s) {
    call("waitpid", {{Arg::pid, Value::of(-1)}, {Arg::options, Value::of(0)}}, s.line);
    keep_result(s);
}

std::int64_t Compiler::options_of(Statement const& s, std::size_t from) {
    std::int64_t options = 0;
    for (std::size_t i = from; i < s.words.size(); ++i) {
        options |= wait_option(s.words[i].text);
    }
    return options;
}

void Compiler::waitpid(Statement const& s) {
    call("waitpid",
         {{Arg::pid, wait_target(s.words[0].text)}, {Arg::options, Value::of(options_of(s, 1))}},
         s.line);
    keep_result(s);
}

void Compiler::waitid(Statement const& s) {
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

} // namespace kflow::scenario
