#include "sim/view/difference_dot.hpp"

#include "sim/view/dot.hpp"

#include <fmt/format.h>
#include <map>
#include <set>

namespace kflow::view {

namespace {

enum class State { unchanged, added, removed, changed };

constexpr std::string_view kFill[] = {"#eeeeee", "#bfe5bf", "#f4b9b9", "#fbd9a5"};
constexpr std::string_view kLine[] = {"#999999", "#2e8b2e", "#b03030", "#c07000"};

std::string color(std::string_view const (&colors)[4], State state) {
    return std::string(colors[static_cast<std::size_t>(state)]);
}

/// Nodes and edges of the drawing, each by name, until it is written.
class Drawing {
public:
    void node(std::string const& name, std::string const& file, State state,
              std::string const& note = {}) {
        auto const [at, is_new] = nodes_.try_emplace(name, Node{file, state, note});
        if (!is_new && state != State::unchanged) {
            at->second = {file, state, note};
        }
    }

    bool has(std::string const& name) const { return nodes_.contains(name); }

    void edge(std::string const& from, std::string const& to, State state,
              std::string const& label = {}) {
        auto const [at, is_new] = edges_.try_emplace({from, to}, Edge{state, label});
        if (!is_new && at->second.state == State::unchanged) {
            at->second = {state, label};
        }
    }

    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (auto const& [name, node] : nodes_) {
            all.push_back(name);
        }
        return all;
    }

    std::string write(std::string const& title) const {
        DotWriter dot(title, {{"rankdir", "LR"},
                              {"fontname", "Helvetica"},
                              {"nodesep", "0.08"},
                              {"ranksep", "1.5"},
                              {"label", title}});
        dot.comment("green: new, red: gone, orange: changed, grey: only leads there");
        dot.node_defaults(
            {{"shape", "box"}, {"style", "filled"}, {"height", "0.3"}, {"fontname", "Helvetica"}});
        dot.edge_defaults({{"fontname", "Helvetica"}, {"fontsize", "10"}});
        write_boxes(dot);
        for (auto const& [ends, edge] : edges_) {
            Attributes look{{"color", color(kLine, edge.state)}};
            if (!edge.label.empty()) {
                look.emplace_back("label", edge.label);
            }
            dot.edge(ends.first, ends.second, look);
        }
        return dot.finish();
    }

private:
    struct Node {
        std::string file;
        State state;
        std::string note;
    };
    struct Edge {
        State state;
        std::string label;
    };

    void write_boxes(DotWriter& dot) const {
        std::map<std::string, std::vector<std::string>> by_file;
        for (auto const& [name, node] : nodes_) {
            by_file[node.file].push_back(name);
        }
        for (auto const& [file, members] : by_file) {
            bool const boxed = !file.empty() && file != kElsewhere;
            if (boxed) {
                dot.open_cluster(file, file);
            }
            for (auto const& name : members) {
                auto const& node = nodes_.at(name);
                dot.node(name, {{"label", node.note.empty() ? name : name + "\n" + node.note},
                                {"fillcolor", color(kFill, node.state)},
                                {"color", color(kLine, node.state)}});
            }
            if (boxed) {
                dot.close();
            }
        }
    }

    std::map<std::string, Node> nodes_;
    std::map<std::pair<std::string, std::string>, Edge> edges_;
};

using model::FunctionDifference;
using model::StepDifference;

State state_of(FunctionDifference const& f) {
    if (f.renamed) {
        return State::changed;
    }
    if (f.is_new()) {
        return State::added;
    }
    if (f.is_gone()) {
        return State::removed;
    }
    return f.is_moved() || !f.steps.empty() || !f.shown.empty() ? State::changed : State::unchanged;
}

std::string note_of(FunctionDifference const& f) {
    if (f.renamed) {
        return "was " + f.first.name;
    }
    return f.is_moved() ? "was in " + f.first.file : "";
}

bool is_call(StepDifference const& step) {
    auto const kind =
        step.kind == StepDifference::Kind::removed ? step.before.kind : step.after.kind;
    return kind <= model::BodyStep::Kind::pointer;
}

class BuildDrawing {
public:
    BuildDrawing(model::BuildDifference const& difference, model::ComparedBuild const& first,
                 model::ComparedBuild const& second, ComparedNames const& names)
        : difference_(difference), first_(first), second_(second), names_(names) {
        for (auto const& f : difference.functions) {
            by_name_.emplace(f.name(), &f);
        }
    }

    std::string draw() {
        for (auto const& f : difference_.functions) {
            if (state_of(f) != State::unchanged) {
                drawing_.node(f.name(), f.file(), state_of(f), note_of(f));
                draw_steps(f);
            }
        }
        lead_there();
        draw_other_calls(second_, &FunctionDifference::second);
        draw_other_calls(first_, &FunctionDifference::first);
        return drawing_.write(title_of(names_, Language::english));
    }

private:
    void leads_to(std::string const& name) {
        auto const known = by_name_.find(name);
        drawing_.node(name, known == by_name_.end() ? "" : known->second->file(), State::unchanged);
    }

    void draw_steps(FunctionDifference const& f) {
        constexpr State states[] = {State::added, State::removed, State::changed, State::changed};
        for (auto const& step : f.steps) {
            bool const removed = step.kind == StepDifference::Kind::removed;
            auto const& shown = removed ? step.before : step.after;
            if (is_call(step)) {
                leads_to(shown.name);
                drawing_.edge(f.name(), shown.name, states[static_cast<std::size_t>(step.kind)],
                              shown.condition);
            }
        }
    }

    /// The nearest way from the root to everything that is drawn.
    void lead_there() {
        if (names_.below.empty()) {
            return;
        }
        for (auto const& f : difference_.functions) {
            if (drawing_.has(f.name())) {
                bool const now = f.second.reached;
                lead_to(now ? second_ : first_, now ? f.second.node : f.first.node);
            }
        }
    }

    void lead_to(model::ComparedBuild const& build, model::NodeIndex node) {
        auto const root = build.calls->program().find_function(names_.below);
        if (root == model::kNone<model::FunctionId> || node == model::CallGraph::kNoNode) {
            return;
        }
        for (auto const step : build.calls->path(model::CallGraph::node_of(root), node)) {
            auto const name = std::string((*build.calls)[step].name);
            leads_to(name);
        }
    }

    /// Calls among what is drawn that no step of a body speaks of.
    void draw_other_calls(model::ComparedBuild const& build,
                          FunctionDifference::Side FunctionDifference::*side) {
        for (auto const& f : difference_.functions) {
            auto const node = (f.*side).node;
            if (node == model::CallGraph::kNoNode || !drawing_.has(f.name())) {
                continue;
            }
            auto const state = state_of(f) == State::changed ? State::unchanged : state_of(f);
            auto const [begin, end] = boost::adjacent_vertices(node, build.calls->graph());
            for (auto to = begin; to != end; ++to) {
                auto const name = std::string((*build.calls)[*to].name);
                if (drawing_.has(name)) {
                    drawing_.edge(f.name(), name, state);
                }
            }
        }
    }

    model::BuildDifference const& difference_;
    model::ComparedBuild const& first_;
    model::ComparedBuild const& second_;
    ComparedNames const& names_;
    std::map<std::string, FunctionDifference const*> by_name_;
    Drawing drawing_;
};

using Function = trace::ProfileDifference::Function;

State state_of(Function const& f) {
    if (!f.in_both()) {
        return f.first == 0 ? State::added : State::removed;
    }
    return f.is_changed() ? State::changed : State::unchanged;
}

void draw_callees(Drawing& drawing, Function const& f, SourceFiles const& files) {
    for (auto const& callee : f.callees) {
        drawing.node(callee.callee, files.of(callee.callee), State::unchanged);
        auto const state = callee.first == 0    ? State::added
                           : callee.second == 0 ? State::removed
                                                : State::changed;
        drawing.edge(f.name, callee.callee, state,
                     fmt::format("{:.2f} → {:.2f}", callee.first_per_call, callee.second_per_call));
    }
}

void draw_other_calls(Drawing& drawing, trace::CallProfile const& profile,
                      std::map<std::string, State> const& states) {
    for (auto const& [caller, function] : profile.functions) {
        auto const known = states.find(caller);
        if (!drawing.has(caller) || known == states.end()) {
            continue;
        }
        auto const state = known->second == State::changed ? State::unchanged : known->second;
        for (auto const& [callee, count] : function.callees) {
            if (drawing.has(callee)) {
                drawing.edge(caller, callee, state);
            }
        }
    }
}

} // namespace

std::string difference_dot(model::BuildDifference const& difference,
                           model::ComparedBuild const& first, model::ComparedBuild const& second,
                           ComparedNames const& names) {
    return BuildDrawing(difference, first, second, names).draw();
}

std::string difference_dot(trace::ProfileDifference const& difference,
                           trace::CallProfile const& first, trace::CallProfile const& second,
                           ComparedNames const& names, SourceFiles const& files) {
    Drawing drawing;
    std::map<std::string, State> states;
    for (auto const& f : difference.functions) {
        states[f.name] = state_of(f);
        if (f.is_changed()) {
            drawing.node(f.name, files.of(f.name), state_of(f));
            draw_callees(drawing, f, files);
        }
        for (auto const& caller : f.callers) {
            drawing.node(caller, files.of(caller), State::unchanged);
        }
    }
    draw_other_calls(drawing, second, states);
    draw_other_calls(drawing, first, states);
    return drawing.write(title_of(names, Language::english));
}

} // namespace kflow::view
