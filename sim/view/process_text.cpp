#include "sim/view/process_text.hpp"

#include "sim/scenario/verbs.hpp"

#include <fmt/format.h>

namespace kflow::view {

namespace {

constexpr std::int64_t kMicrosecond = 1000;
constexpr std::int64_t kSecond = 1'000'000'000;

std::uint64_t bits(std::initializer_list<std::string_view> names) {
    std::uint64_t all = 0;
    for (auto const name : names) {
        all |= scenario::clone_flag_bits(name);
    }
    return all;
}

} // namespace

std::string seconds(Nanos time) {
    return fmt::format("{}.{:06}", time.count / kSecond, time.count % kSecond / kMicrosecond);
}

std::string title_of(Process const& process) {
    if (process.first_comm.empty()) {
        return process.comm.empty() ? "?" : process.comm;
    }
    return process.comm == process.first_comm
               ? process.comm
               : fmt::format("{} → {}", process.first_comm, process.comm);
}

std::string clone_text(std::uint64_t flags) {
    auto const asked =
        flags & ~bits({"CLONE_PARENT_SETTID", "CLONE_CHILD_SETTID", "CLONE_CHILD_CLEARTID"});
    std::string text = "fork";
    std::uint64_t own = 0;
    if (auto const thread = bits({"CLONE_THREAD"}); (asked & thread) == thread) {
        text = "thread";
        own = thread | bits({"CLONE_VM", "CLONE_FS", "CLONE_FILES", "CLONE_SIGHAND",
                             "CLONE_SYSVSEM", "CLONE_SETTLS"});
    } else if (auto const vfork = bits({"CLONE_VFORK", "CLONE_VM"}); (asked & vfork) == vfork) {
        text = "vfork";
        own = vfork;
    } else if (asked != 0) {
        text = "clone";
    }
    for (auto const name : scenario::clone_flag_names()) {
        if (asked & ~own & scenario::clone_flag_bits(name)) {
            text += fmt::format("\n{}", name);
        }
    }
    return text;
}

std::string ending_text(Process const& process, Language language) {
    bool const korean = language == Language::korean;
    if (process.killed_by) {
        auto const signal = signal_text(*process.killed_by);
        return korean ? fmt::format("{}로 종료됨", signal) : fmt::format("killed by {}", signal);
    }
    std::string const exits = korean ? "종료" : "exit";
    return process.exit_status ? fmt::format("{} {}", exits, *process.exit_status) : exits;
}

std::string reaped_text(Process const& process, Language language) {
    bool const korean = language == Language::korean;
    if (!process.reaped || !process.reaped_by) {
        return "";
    }
    if (*process.reaped_by == process.pid) {
        return korean ? "스스로 회수됨" : "reaped itself";
    }
    return fmt::format(fmt::runtime(korean ? "{}번이 회수함" : "reaped by {}"),
                       process.reaped_by->value);
}

} // namespace kflow::view
