// Statements that write and read: standard output, the terminal, pipes, buffers, script(1)'s relay.

#include "sim/kernel/task.hpp"
#include "sim/scenario/compiler.hpp"

#include <algorithm>
#include <functional>

namespace kflow::scenario {

void Compiler::set_stdout(Statement const& s) {
    out_.stdout_is_tty = s.words[0].text == "tty";
    out_.stdout_is_disk = s.words[0].text == "disk";
}

void Compiler::print(Statement const& s) {
    auto const& text = s.words[0].text;
    call("printf", {{Arg::fd, Value::of(1)}, {Arg::text, Value::of(world_.intern(text))}}, s.line);
}

void Compiler::plain(Statement const& s) {
    call(s.verb, {}, s.line);
}

void Compiler::plain_system_call(Statement const& s) {
    system_call(s.verb, {}, s.line);
}

Value Compiler::bytes_of(Word const& word) {
    return Value::of(static_cast<std::int64_t>(word.text.size()));
}

Value Compiler::line_value(Value::Kind kind, std::string const& name) {
    return {kind, 0, variable(name)};
}

void Compiler::write(Statement const& s) {
    auto const& what = s.words[0];
    auto const bytes = what.kind == WordKind::text ? bytes_of(what)
                       : collected_.contains(what.text)
                           ? Value::var(variable(what.text))
                           : line_value(Value::Kind::line_bytes, what.text);
    std::vector<engine::OpArgument> arguments{{Arg::fd, Value::of(1)}, {Arg::bytes, bytes}};
    if (what.kind == WordKind::text) {
        arguments.push_back({Arg::text, Value::of(world_.intern(what.text))});
    } else if (!collected_.contains(what.text)) {
        arguments.push_back({Arg::text, Value::var(variable(what.text))});
    }
    call("write", std::move(arguments), s.line);
}

std::string_view Compiler::line_of(Word const& typed) {
    std::string_view line = typed.text;
    line.remove_suffix(line.ends_with('\n') ? 1 : 0);
    return line;
}

void Compiler::type(Statement const& s) {
    auto const& text = s.words.back();
    bool const piped = s.words.size() > 1;
    call("write",
         {{Arg::fd, Value::of(piped ? kernel::kPipeWrite : kernel::kTerminalMaster)},
          {Arg::bytes, bytes_of(text)},
          {Arg::line, Value::of(world_.intern(line_of(text)))}},
         s.line);
}

void Compiler::set_stdin(Statement const& s) {
    system_call("dup3", {{Arg::fd, Value::of(kernel::kPipeRead)}, {Arg::value, Value::of(0)}},
                s.line);
    close_pipe(s);
}

template <class Block>
void Compiler::where_ready(std::int64_t what, int line, Block block) {
    Op& test = add(Op::Kind::branch, line);
    test.left = {Value::Kind::ready, what, engine::kNoVariable};
    test.compare = Compare::equal;
    test.right = Value::of(1);
    auto const branch = here() - 1;
    block();
    out_.ops[branch].target = here();
}

void Compiler::poll(Value files, Value time, int line) {
    system_call("ppoll", {{Arg::mask, files}, {Arg::time, time}}, line);
}

void Compiler::copy_output(int line) {
    constexpr std::int64_t buffer = 0x2000;
    call("read", {{Arg::fd, Value::of(kernel::kTerminalMaster)}, {Arg::bytes, Value::of(buffer)}},
         line);
    call("write", {{Arg::fd, Value::of(1)}, {Arg::bytes, Value::var(last_)}}, line);
}

void Compiler::copy_input(Variable files, int line) {
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

void Compiler::relay(Statement const& s) {
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
        call("waitpid", {{Arg::pid, process(s.words[0].text)}, {Arg::options, Value::of(no_hang)}},
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

void Compiler::find_collected(std::vector<Statement> const& statements) {
    for (auto const& s : statements) {
        if (s.verb == "append") {
            collected_.insert(s.words[1].text);
        }
        find_collected(s.body);
        find_collected(s.otherwise);
    }
}

void Compiler::intern_typed_lines() {
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

void Compiler::close_end(int fd, int line) {
    call("close", {{Arg::fd, Value::of(fd)}}, line);
}

void Compiler::make_pipe(Statement const& s) {
    system_call("pipe2", {}, s.line);
}

void Compiler::close_pipe(Statement const& s) {
    close_end(kernel::kPipeRead, s.line);
    close_end(kernel::kPipeWrite, s.line);
}

void Compiler::read(Statement const& s) {
    if (s.words[0].text == "pipe") {
        close_end(kernel::kPipeWrite, s.line);
        call("read", {{Arg::fd, Value::of(kernel::kPipeRead)}, {Arg::bytes, Value::of(1)}}, s.line);
        return close_end(kernel::kPipeRead, s.line);
    }
    call("read", {{Arg::fd, Value::of(0)}}, s.line);
    if (!s.result.empty()) {
        Op& op = add(Op::Kind::set, s.line);
        op.result = variable(s.result);
        op.left = {Value::Kind::typed_line, 0, engine::kNoVariable};
    }
}

void Compiler::append(Statement const& s) {
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

void Compiler::set_flag(Statement const& s) {
    Op& op = add(Op::Kind::set, s.line);
    op.result = variable(s.words[0].text);
    op.left = Value::of(s.verb == "set" ? 1 : 0);
}

} // namespace kflow::scenario
