#include "sim/view/process_tree.hpp"

#include "sim/view/dot.hpp"
#include "sim/view/process_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace kflow::view {

namespace {

std::string id_of(Pid pid) {
    return fmt::format("p{}", pid.value);
}

std::string label_of(Process const& p, Language language) {
    bool const korean = language == Language::korean;
    std::string label = fmt::format("{}\npid {}", title_of(p), p.pid.value);
    if (p.thread) {
        label += korean ? " (스레드)" : " (thread)";
    }
    for (auto const& exec : p.execs) {
        label += fmt::format("\n{} exec {}", seconds(exec.at), exec.path);
    }
    if (p.died) {
        label += fmt::format("\n{} {}", seconds(*p.died), ending_text(p, language));
    }
    if (auto const reaped = reaped_text(p, language); !reaped.empty()) {
        label += fmt::format("\n{} {}", seconds(*p.reaped), reaped);
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

namespace {

std::string signal_label(Signal const& signal, Language language) {
    std::string_view const ignored = language == Language::korean ? " (무시됨)" : " (ignored)";
    return fmt::format("{} {}{}", seconds(signal.sent), signal_text(signal.number),
                       signal.ignored ? ignored : "");
}

void draw_edges(DotWriter& dot, Process const& p, std::set<Pid> const& here, Language language) {
    if (p.parent && here.contains(*p.parent)) {
        dot.edge(id_of(*p.parent), id_of(p.pid),
                 {{"label", fmt::format(" {} {}", p.born ? seconds(*p.born) : "",
                                        p.clone_flags ? clone_text(p.clone_flags) : "clone")},
                  {"style", p.thread ? "dotted" : "solid"}});
    }
    for (auto const& signal : p.signals) {
        if (here.contains(signal.from)) {
            dot.edge(id_of(signal.from), id_of(p.pid),
                     {{"label", " " + signal_label(signal, language)},
                      {"style", "dashed"},
                      {"color", "#b03030"},
                      {"fontcolor", "#b03030"},
                      {"constraint", "false"}});
        }
    }
}

} // namespace

std::string process_tree_dot(std::vector<Process> const& processes, Selection const& selection) {
    auto const chosen = select_processes(processes, selection);
    std::set<Pid> here;
    DotWriter dot("processes", {{"rankdir", "TB"}, {"fontname", "Helvetica"}, {"nodesep", "0.5"}});
    dot.node_defaults({{"shape", "box"}, {"style", "rounded,filled"}, {"fontname", "Helvetica"}});
    dot.edge_defaults({{"fontname", "Helvetica"}, {"fontsize", "10"}});
    for (auto const& p : chosen) {
        here.insert(p.pid);
        dot.node(id_of(p.pid),
                 {{"label", label_of(p, selection.language)}, {"fillcolor", color_of(p)}});
    }
    for (auto const& p : chosen) {
        draw_edges(dot, p, here, selection.language);
    }
    return dot.finish();
}

} // namespace kflow::view
