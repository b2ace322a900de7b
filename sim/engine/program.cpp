#include "sim/engine/program.hpp"

#include "sim/engine/impl.hpp"

#include <algorithm>

namespace kflow::engine {

int World::find_program(std::string_view path) const {
    for (std::size_t i = 0; i < programs.size(); ++i) {
        if (programs[i].path == path) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

std::string_view World::string(std::int64_t index) const {
    return index < 0 || static_cast<std::size_t>(index) >= strings.size()
               ? std::string_view()
               : strings[static_cast<std::size_t>(index)];
}

std::int64_t World::program_of_line(std::string_view line) const {
    auto const word = line.substr(0, line.find(' '));
    for (auto const& program : programs) {
        if (std::string_view(program.path).substr(program.path.rfind('/') + 1) == word) {
            auto const found = std::find(strings.begin(), strings.end(), program.path);
            return found == strings.end() ? -1 : found - strings.begin();
        }
    }
    return -1;
}

std::int64_t World::intern(std::string_view text) {
    auto const found = std::find(strings.begin(), strings.end(), text);
    if (found != strings.end()) {
        return found - strings.begin();
    }
    strings.emplace_back(text);
    return static_cast<std::int64_t>(strings.size()) - 1;
}

namespace {

/// 0: the main part sleeps for ever; 1 to 3: the handler of SIGCHLD reaps until nobody is left.
Program make_init() {
    Program init;
    init.path = "/sbin/init";
    init.comm = "init";
    init.variables = {"got"};
    Op pause;
    pause.kind = Op::Kind::system_call;
    pause.name = "ppoll";
    pause.arguments = {{Arg::time, Value::of(-1)}};
    Op again;
    again.kind = Op::Kind::jump;
    Op wait;
    wait.kind = Op::Kind::system_call;
    wait.name = "wait4";
    wait.arguments = {{Arg::pid, Value::of(-1)}, {Arg::options, Value::of(kernel::WNOHANG_)}};
    wait.result = 0;
    Op more;
    more.kind = Op::Kind::branch;
    more.left = Value::var(0);
    more.compare = Compare::greater;
    more.right = Value::of(0);
    more.target = 5;
    Op back;
    back.kind = Op::Kind::jump;
    back.target = 2;
    Op done;
    done.kind = Op::Kind::handler_return;
    init.ops = {pause, again, wait, more, back, done};
    return init;
}

} // namespace

Program const& init_program() {
    static Program const init = make_init();
    return init;
}

Program const* Engine::Impl::program_of(kernel::Task const& task) const {
    if (task.user.program == kInitProgram) {
        return &init_program();
    }
    return task.user.program < 0 ? nullptr
                                 : &world.programs[static_cast<std::size_t>(task.user.program)];
}

} // namespace kflow::engine
