// Statements on groups, sessions, namespaces, limits, files and memory.

#include "sim/kernel/task.hpp"
#include "sim/scenario/compile.hpp"
#include "sim/scenario/compiler.hpp"
#include "sim/scenario/verbs.hpp"

namespace kflow::scenario {

void Compiler::setpgid(Statement const& s) {
    Value const who = process(s.words[0].text);
    system_call("setpgid", {{Arg::pid, who}, {Arg::pgid, who}}, s.line);
}

void Compiler::tcsetpgrp(Statement const& s) {
    system_call("ioctl",
                {{Arg::fd, Value::of(0)},
                 {Arg::command, Value::of(kernel::TIOCSPGRP_)},
                 {Arg::pgid, process(s.words[0].text)}},
                s.line);
}

void Compiler::ctty(Statement const& s) {
    Value const slave = Value::of(kernel::kTerminalSlave);
    system_call("ioctl",
                {{Arg::fd, slave},
                 {Arg::command, Value::of(kernel::TIOCSCTTY_)},
                 {Arg::value, Value::of(0)}},
                s.line);
    auto const outcome = last_;
    last_ = engine::kNoVariable;
    for (int fd = 0; fd < 3; ++fd) {
        system_call("dup3", {{Arg::fd, slave}, {Arg::value, Value::of(fd)}}, s.line);
    }
    last_ = outcome; // `if failed` is about the terminal
}

void Compiler::subreaper(Statement const& s) {
    constexpr std::int64_t set_child_subreaper = 36; // include/uapi/linux/prctl.h
    system_call("prctl",
                {{Arg::options, Value::of(set_child_subreaper)}, {Arg::value, Value::of(1)}},
                s.line);
}

void Compiler::unshare(Statement const& s) {
    std::int64_t flags = 0;
    for (auto const& word : s.words) {
        flags |= static_cast<std::int64_t>(clone_flag_bits(word.text));
    }
    system_call("unshare", {{Arg::flags, Value::of(flags)}}, s.line);
}

void Compiler::setuid(Statement const& s) {
    system_call("setuid", {{Arg::uid, Value::of(s.words[0].number)}}, s.line);
}

void Compiler::setrlimit(Statement const& s) {
    constexpr std::int64_t nproc = 6; // include/uapi/asm-generic/resource.h
    system_call("prlimit64",
                {{Arg::resource, Value::of(nproc)}, {Arg::value, Value::of(s.words[1].number)}},
                s.line);
}

void Compiler::pids_max(Statement const& s) {
    system_call("write",
                {{Arg::fd, Value::of(3)},
                 {Arg::bytes, Value::of(1)},
                 {Arg::resource, Value::of(kCgroupPidsMax)},
                 {Arg::value, Value::of(s.words[1].number)}},
                s.line);
}

void Compiler::open(Statement const& s) {
    system_call("openat", {{Arg::count, Value::of(s.words[0].number)}}, s.line);
}

void Compiler::mmap(Statement const& s) {
    system_call("mmap", {{Arg::count, Value::of(s.words[0].number)}}, s.line);
}

void Compiler::touch(Statement const& s) {
    Op& op = add(Op::Kind::fault, s.line);
    op.left = Value::of(1);
    op.right = Value::of(s.words[0].number);
}

void Compiler::segfault(Statement const& s) {
    add(Op::Kind::fault, s.line).left = Value::of(0);
}

} // namespace kflow::scenario
