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

/// Lanes side by side, messages below each other: every place is known, so nothing is left to a
/// layout (neato takes pinned places).
class SequenceDrawing {
public:
    SequenceDrawing(std::vector<Process> const& processes, std::vector<std::string> const& lanes,
                    std::vector<Message> const& messages)
        : processes_(processes), lanes_(lanes), messages_(messages),
          dot_("sequence", {{"layout", "neato"}, {"fontname", "Helvetica"}, {"splines", "line"}}) {}

    std::string draw() {
        dot_.node_defaults({{"shape", "point"}, {"width", "0.04"}, {"fontname", "Helvetica"}});
        dot_.edge_defaults({{"fontname", "Helvetica"}, {"fontsize", "9"}});
        heads();
        for (std::size_t row = 0; row < messages_.size(); ++row) {
            message(row);
        }
        for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
            std::string const end = lanes_[lane] + "_end";
            dot_.node(end, {{"pos", place(lane, messages_.size())}});
            dot_.edge(lanes_[lane], end,
                      {{"style", "dashed"}, {"arrowhead", "none"}, {"color", "#999999"}});
        }
        return dot_.finish();
    }

private:
    static constexpr double kLaneInches = 2.6;
    static constexpr double kRowInches = 0.42;

    static std::string place(std::size_t lane, std::size_t row) {
        return fmt::format("{:.2f},{:.2f}!", static_cast<double>(lane) * kLaneInches,
                           -static_cast<double>(row + 1) * kRowInches);
    }

    std::size_t lane_of(std::string const& id) const {
        return static_cast<std::size_t>(std::ranges::find(lanes_, id) - lanes_.begin());
    }

    void heads() {
        for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
            auto const process = std::ranges::find_if(
                processes_, [&](Process const& p) { return id_of(p.pid) == lanes_[lane]; });
            auto const label =
                process == processes_.end()
                    ? std::string(kKernel)
                    : fmt::format("{}\npid {}", process->first_comm, process->pid.value);
            auto const x = static_cast<double>(lane) * kLaneInches;
            dot_.node(lanes_[lane],
                      {{"shape", "box"}, {"label", label}, {"pos", fmt::format("{:.2f},0!", x)}});
        }
    }

    void message(std::size_t row) {
        auto const& m = messages_[row];
        auto const time = fmt::format("t_{}", row);
        auto const y = -static_cast<double>(row + 1) * kRowInches;
        dot_.node(time, {{"shape", "plaintext"},
                         {"label", seconds(m.at)},
                         {"pos", fmt::format("-1.4,{:.2f}!", y)}});
        auto const from = fmt::format("{}_{}", m.from, row);
        auto const to = fmt::format("{}_{}", m.to, row);
        dot_.node(from, {{"pos", place(lane_of(m.from), row)}});
        dot_.node(to, {{"pos", place(lane_of(m.to), row)}});
        dot_.edge(from, to, {{"label", m.text}});
    }

    std::vector<Process> const& processes_;
    std::vector<std::string> const& lanes_;
    std::vector<Message> const& messages_;
    DotWriter dot_;
};

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

    return SequenceDrawing(chosen, lanes, messages).draw();
}

} // namespace kflow::view
