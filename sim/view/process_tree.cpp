#include "sim/view/process_tree.hpp"

#include "sim/view/dot.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace kflow::view {

namespace {

constexpr std::int64_t kMicrosecond = 1000;
constexpr std::int64_t kSecond = 1'000'000'000;

std::string id_of(Pid pid) {
    return fmt::format("p{}", pid.value);
}

std::string seconds(Nanos time) {
    return fmt::format("{}.{:06}", time.count / kSecond, time.count % kSecond / kMicrosecond);
}

std::string ending(Process const& p) {
    if (!p.died) {
        return "";
    }
    std::string how = "exit";
    if (p.killed_by) {
        how = fmt::format("killed by {}", signal_text(*p.killed_by));
    } else if (p.exit_status) {
        how = fmt::format("exit {}", *p.exit_status);
    }
    return fmt::format("\n{} {}", seconds(*p.died), how);
}

std::string label_of(Process const& p) {
    std::string label =
        fmt::format("{}\npid {}", p.first_comm.empty() ? "?" : p.first_comm, p.pid.value);
    if (p.thread) {
        label += " (thread)";
    }
    for (auto const& exec : p.execs) {
        label += fmt::format("\n{} exec {}", seconds(exec.at), exec.path);
    }
    label += ending(p);
    if (p.reaped && p.reaped_by != p.pid) {
        label += fmt::format("\n{} reaped by {}", seconds(*p.reaped), p.reaped_by->value);
    } else if (p.reaped) {
        label += fmt::format("\n{} reaped itself", seconds(*p.reaped));
    }
    return label;
}

std::string color_of(Process const& p) {
    return p.killed_by ? "#f6d5d5" : p.died ? "#e8e8e8" : "#dcefdc";
}

} // namespace

std::vector<Process> select_processes(std::vector<Process> const& processes,
                                      Selection const& selection) {
    if (!selection.root) {
        std::vector<Process> lively;
        std::set<Pid> named;
        for (auto const& p : processes) {
            if (p.parent) {
                named.insert(*p.parent);
            }
        }
        std::ranges::copy_if(processes, std::back_inserter(lively), [&](Process const& p) {
            return p.parent || p.died || !p.execs.empty() || !p.signals.empty() ||
                   named.contains(p.pid);
        });
        return lively;
    }
    std::set<Pid> kept{*selection.root};
    for (auto const& p : processes) {
        if (p.parent && kept.contains(*p.parent)) {
            kept.insert(p.pid);
        }
    }
    for (auto const& p : processes) {
        if (p.pid == *selection.root && p.parent) {
            kept.insert(*p.parent);
        }
    }
    std::vector<Process> chosen;
    std::ranges::copy_if(processes, std::back_inserter(chosen),
                         [&](Process const& p) { return kept.contains(p.pid); });
    return chosen;
}

std::string process_tree_dot(std::vector<Process> const& processes, Selection const& selection) {
    auto const chosen = select_processes(processes, selection);
    std::set<Pid> here;
    DotWriter dot("processes", {{"rankdir", "TB"}, {"fontname", "Helvetica"}});
    dot.node_defaults({{"shape", "box"}, {"style", "rounded,filled"}, {"fontname", "Helvetica"}});
    dot.edge_defaults({{"fontname", "Helvetica"}, {"fontsize", "10"}});
    for (auto const& p : chosen) {
        here.insert(p.pid);
        dot.node(id_of(p.pid), {{"label", label_of(p)}, {"fillcolor", color_of(p)}});
    }
    for (auto const& p : chosen) {
        if (p.parent && here.contains(*p.parent)) {
            auto const flags = p.clone_flags ? fmt::format(" {:#x}", p.clone_flags) : "";
            dot.edge(id_of(*p.parent), id_of(p.pid),
                     {{"label", fmt::format("{} clone{}", p.born ? seconds(*p.born) : "", flags)},
                      {"style", p.thread ? "dotted" : "solid"}});
        }
        for (auto const& signal : p.signals) {
            if (here.contains(signal.from)) {
                dot.edge(id_of(signal.from), id_of(p.pid),
                         {{"label",
                           fmt::format("{} {}{}", seconds(signal.sent), signal_text(signal.number),
                                       signal.ignored ? " (ignored)" : "")},
                          {"style", "dashed"},
                          {"color", "#b03030"},
                          {"constraint", "false"}});
            }
        }
    }
    return dot.finish();
}

namespace {

/// One row of the sequence.
struct Message {
    Nanos at;
    std::string from; ///< lane
    std::string to;   ///< lane; the same as `from`: a note
    std::string text;
};

constexpr char kKernel[] = "kernel";

void collect(Process const& p, std::vector<Message>& out) {
    auto const lane = id_of(p.pid);
    if (p.parent && p.born) {
        out.push_back({*p.born, id_of(*p.parent), kKernel, "clone"});
        out.push_back({*p.born, kKernel, lane, "wake_up_new_task"});
    }
    for (auto const& exec : p.execs) {
        out.push_back({exec.at, lane, kKernel, "execve " + exec.path});
    }
    for (auto const& signal : p.signals) {
        out.push_back({signal.sent, id_of(signal.from), kKernel,
                       fmt::format("{} for {}", signal_text(signal.number), p.pid.value)});
        if (signal.delivered) {
            out.push_back(
                {*signal.delivered, kKernel, lane, signal_text(signal.number) + " delivered"});
        }
    }
    if (p.died) {
        out.push_back({*p.died, lane, kKernel,
                       p.killed_by     ? "do_exit: killed by " + signal_text(*p.killed_by)
                       : p.exit_status ? fmt::format("do_exit: status {}", *p.exit_status)
                                       : "do_exit"});
    }
    if (p.reaped && p.reaped_by && *p.reaped_by != p.pid) {
        out.push_back(
            {*p.reaped, kKernel, id_of(*p.reaped_by), fmt::format("reaps {}", p.pid.value)});
    }
}

std::string point(std::string const& lane, std::size_t row) {
    return fmt::format("{}_{}", lane, row);
}

} // namespace

std::string sequence_dot(std::vector<Process> const& processes, Selection const& selection) {
    auto const chosen = select_processes(processes, selection);
    std::vector<std::string> lanes;
    std::vector<Message> messages;
    for (auto const& p : chosen) {
        lanes.push_back(id_of(p.pid));
        collect(p, messages);
    }
    lanes.insert(lanes.begin() + (lanes.empty() ? 0 : 1), kKernel);
    std::erase_if(messages, [&](Message const& m) {
        return std::ranges::find(lanes, m.from) == lanes.end() ||
               std::ranges::find(lanes, m.to) == lanes.end();
    });
    std::ranges::stable_sort(messages, {}, &Message::at);

    DotWriter dot("sequence", {{"ranksep", "0.3"}, {"nodesep", "1.2"}, {"fontname", "Helvetica"}});
    dot.node_defaults({{"shape", "point"}, {"width", "0.05"}, {"fontname", "Helvetica"}});
    dot.edge_defaults({{"fontname", "Helvetica"}, {"fontsize", "10"}});
    dot.open_same_rank();
    dot.node(kKernel, {{"shape", "box"}, {"label", "kernel"}});
    for (auto const& p : chosen) {
        dot.node(id_of(p.pid), {{"shape", "box"},
                                {"label", fmt::format("{}\npid {}", p.first_comm, p.pid.value)}});
    }
    dot.close();
    for (std::size_t i = 0; i + 1 < lanes.size(); ++i) {
        dot.edge(lanes[i], lanes[i + 1], {{"style", "invis"}});
    }
    for (std::size_t row = 0; row < messages.size(); ++row) {
        dot.open_same_rank();
        dot.node(point("t", row), {{"shape", "plaintext"}, {"label", seconds(messages[row].at)}});
        for (auto const& lane : lanes) {
            dot.node(point(lane, row), {});
        }
        dot.edge(point(messages[row].from, row), point(messages[row].to, row),
                 {{"label", messages[row].text}});
        dot.close();
    }
    for (auto const& lane : lanes) {
        std::string above = lane;
        for (std::size_t row = 0; row < messages.size(); ++row) {
            dot.edge(above, point(lane, row),
                     {{"style", "dashed"}, {"arrowhead", "none"}, {"weight", "20"}});
            above = point(lane, row);
        }
    }
    return dot.finish();
}

} // namespace kflow::view
