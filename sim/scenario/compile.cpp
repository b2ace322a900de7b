#include "sim/scenario/compile.hpp"

#include "sim/scenario/compiler.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace kflow::scenario {

namespace {

constexpr std::size_t kCommLength = 15; // TASK_COMM_LEN of include/linux/sched.h, its zero left out

} // namespace

Compiler::Compiler(Scenario const& scenario, Program const& program, engine::World& world)
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

engine::Program Compiler::take() {
    return std::move(out_);
}

std::string Compiler::comm_of(std::string_view path) {
    path.remove_prefix(path.rfind('/') + 1);
    return std::string(path.substr(0, kCommLength));
}

Variable Compiler::variable(std::string const& name) {
    auto const found = std::ranges::find(out_.variables, name);
    if (found != out_.variables.end()) {
        return static_cast<Variable>(found - out_.variables.begin());
    }
    out_.variables.push_back(name);
    return static_cast<Variable>(out_.variables.size() - 1);
}

Op& Compiler::add(Op::Kind kind, int line) {
    Op& op = out_.ops.emplace_back();
    op.kind = kind;
    op.line = line;
    return op;
}

std::uint32_t Compiler::here() const {
    return static_cast<std::uint32_t>(out_.ops.size());
}

Op& Compiler::call(std::string name, std::vector<OpArgument> arguments, int line) {
    Op& op = add(Op::Kind::call, line);
    op.name = std::move(name);
    op.arguments = std::move(arguments);
    op.result = last_;
    return op;
}

Op& Compiler::system_call(std::string name, std::vector<OpArgument> arguments, int line) {
    Op& op = call(std::move(name), std::move(arguments), line);
    op.kind = Op::Kind::system_call;
    return op;
}

void Compiler::end(std::int64_t code, int line) {
    add(Op::Kind::end, line).left = Value::of(code);
}

void Compiler::keep_result(Statement const& s) {
    if (!s.result.empty()) {
        Op& op = add(Op::Kind::set, s.line);
        op.result = variable(s.result);
        op.left = Value::var(last_);
    }
}

Value Compiler::process(std::string const& name) {
    if (name == "self") {
        return {Value::Kind::own_pid, 0, engine::kNoVariable};
    }
    if (name == "parent") {
        return {Value::Kind::parent_pid, 0, engine::kNoVariable};
    }
    return Value::var(variable(name));
}

Value Compiler::wait_target(std::string const& name) {
    return name == "any" ? Value::of(-1) : name == "group" ? Value::of(0) : process(name);
}

void Compiler::block(std::vector<Statement> const& statements) {
    for (auto const& statement : statements) {
        compile(statement);
    }
}

void Compiler::own_body(Statement const& s) {
    auto const loops = std::exchange(leaves_, {});
    block(s.body);
    leaves_ = loops;
    end(0, s.line);
}

void Compiler::compile(Statement const& s) {
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
