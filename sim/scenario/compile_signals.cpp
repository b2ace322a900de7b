// Statements on signals: sending, handlers, the mask.

#include "sim/scenario/compiler.hpp"
#include "sim/scenario/verbs.hpp"

#include <map>

namespace kflow::scenario {

namespace {

std::int64_t action_flag(std::string_view name) { // include/uapi/asm-generic/signal-defs.h
    static std::map<std::string_view, std::int64_t> const bits{
        {"SA_NOCLDSTOP", 1},        {"SA_NOCLDWAIT", 2},        {"SA_SIGINFO", 4},
        {"SA_RESTART", 0x10000000}, {"SA_NODEFER", 0x40000000}, {"SA_RESETHAND", 0x80000000}};
    auto const found = bits.find(name);
    return found == bits.end() ? 0 : found->second;
}

} // namespace

void Compiler::kill(Statement const& s) {
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

void Compiler::tgkill(Statement const& s) {
    system_call("tgkill",
                {{Arg::pid, process("self")},
                 {Arg::tid, process(s.words[1].text)},
                 {Arg::signal, Value::of(signal_number(s.words[0].text))}},
                s.line);
}

void Compiler::raise(Statement const& s) {
    signal_itself("raise", signal_number(s.words[0].text), s.line);
}

void Compiler::abort(Statement const& s) {
    signal_itself("abort", signal_number("SIGABRT"), s.line);
}

void Compiler::signal_itself(std::string name, int signal, int line) {
    call(std::move(name),
         {{Arg::pid, process("self")},
          {Arg::tid, {Value::Kind::own_tid, 0, engine::kNoVariable}},
          {Arg::signal, Value::of(signal)}},
         line);
}

void Compiler::disposition(Statement const& s) {
    constexpr std::int64_t by_default = 0;
    constexpr std::int64_t ignore = 1;
    bool const ignored = s.words[1].text == "SIG_IGN";
    system_call("rt_sigaction",
                {{Arg::signal, Value::of(signal_number(s.words[0].text))},
                 {Arg::handler, Value::of(ignored ? ignore : by_default)},
                 {Arg::action_flags, Value::of(action_flag("SA_RESTART"))}},
                s.line);
}

void Compiler::handler(Statement const& s) {
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

void Compiler::place_handlers() {
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

std::int64_t Compiler::mask_of(Word const& signal) {
    return std::int64_t{1} << (signal_number(signal.text) - 1);
}

void Compiler::mask(Statement const& s) {
    constexpr std::int64_t block_it = 0;
    constexpr std::int64_t unblock_it = 1;
    system_call("rt_sigprocmask",
                {{Arg::how, Value::of(s.words[0].text == "unblock" ? unblock_it : block_it)},
                 {Arg::mask, Value::of(mask_of(s.words[1]))}},
                s.line);
}

void Compiler::suspend(Statement const& s) {
    system_call("rt_sigsuspend", {{Arg::mask, Value::of(~mask_of(s.words[0]))}}, s.line);
}

} // namespace kflow::scenario
