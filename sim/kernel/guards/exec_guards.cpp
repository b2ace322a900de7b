// execve (fs/exec.c).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

constexpr std::array kGuards{
    KFLOW_GUARD(other_threads_exist, s.group("current").threads.size() > 1),
    KFLOW_GUARD(execs_as_leader, s.self().leader == s.current),
};

} // namespace

Guards exec_guards() {
    return kGuards;
}

} // namespace kflow::kernel
