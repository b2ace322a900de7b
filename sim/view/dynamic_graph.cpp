#include "sim/view/dynamic_graph.hpp"

#include "sim/build/build_facts.hpp"
#include "sim/trace/call_tree.hpp"
#include "sim/view/dot.hpp"
#include "sim/view/file_graph.hpp"

#include <deque>
#include <fmt/format.h>
#include <map>
#include <set>

namespace kflow::view {

namespace {

/// Who called whom how often.
using Counts = std::map<std::pair<std::string_view, std::string_view>, std::size_t>;

Counts count_function_records(trace::Capture const& capture) {
    Counts counts;
    for (auto const& event : capture.events) {
        if (auto const* const call = event.as<trace::FunctionEntry>()) {
            ++counts[{build::function_of_symbol(call->parent.symbol.view()),
                      build::function_of_symbol(call->ip.symbol.view())}];
        }
    }
    return counts;
}

Counts count_graph_records(trace::Capture const& capture) {
    Counts counts;
    auto const forest = trace::build_call_forest(capture.events);
    for (auto const& call : forest.calls) {
        bool const rooted = call.parent != trace::Call::kNone;
        if (call.noise == trace::NoiseKind::none && rooted) {
            ++counts[{build::function_of_symbol(forest.calls[call.parent].name.view()),
                      build::function_of_symbol(call.name.view())}];
        }
    }
    return counts;
}

/// The pairs within `depth` calls of the root; all of them without a root.
Counts below(Counts const& counts, std::string_view root, int depth) {
    if (root.empty()) {
        return counts;
    }
    std::map<std::string_view, int> distance{{root, 0}};
    std::deque<std::string_view> work{root};
    Counts kept;
    while (!work.empty()) {
        std::string_view const caller = work.front();
        work.pop_front();
        if (distance[caller] >= depth) {
            continue;
        }
        for (auto pair = counts.lower_bound({caller, {}});
             pair != counts.end() && pair->first.first == caller; ++pair) {
            kept.insert(*pair);
            if (distance.try_emplace(pair->first.second, distance[caller] + 1).second) {
                work.push_back(pair->first.second);
            }
        }
    }
    return kept;
}

Diagnostic no_calls(std::string message, std::string hint) {
    return {Severity::error, {"graph", 0, 0}, std::move(message), "", std::move(hint)};
}

std::set<std::string_view> functions_of(Counts const& counts) {
    std::set<std::string_view> functions;
    for (auto const& [pair, count] : counts) {
        functions.insert(pair.first);
        functions.insert(pair.second);
    }
    return functions;
}

std::string by_file(Counts const& counts, SourceFiles const& files, std::string_view comment) {
    std::map<std::string_view, std::string> file;
    for (auto const function : functions_of(counts)) {
        file[function] = files.of(function);
    }
    std::vector<FileGraphCall> calls;
    for (auto const& [pair, count] : counts) {
        calls.push_back({std::string(pair.first), file[pair.first], std::string(pair.second),
                         file[pair.second], count});
    }
    return file_graph_dot(calls, comment);
}

std::string by_function(Counts const& counts, SourceFiles const& files, std::string_view comment) {
    DotWriter dot("calls", {{"rankdir", "LR"}, {"fontname", "Helvetica"}, {"nodesep", "0.12"}});
    dot.comment(comment);
    dot.node_defaults({{"shape", "box"}, {"style", "filled"}, {"fontname", "Helvetica"}});
    dot.edge_defaults({{"fontname", "Helvetica"}, {"fontsize", "10"}});
    std::map<std::string, std::vector<std::string_view>> boxes;
    for (auto const function : functions_of(counts)) {
        boxes[files.of(function)].push_back(function);
    }
    for (auto const& [file, members] : boxes) {
        bool const boxed = file != kElsewhere;
        if (boxed) {
            dot.open_cluster(file, file);
        }
        for (auto const function : members) {
            dot.node(function, {{"fillcolor", std::string(color_of_source(file))}});
        }
        if (boxed) {
            dot.close();
        }
    }
    for (auto const& [pair, count] : counts) {
        dot.edge(pair.first, pair.second, {{"label", fmt::format("{}", count)}});
    }
    return dot.finish();
}

} // namespace

std::variant<std::string, Diagnostic> dynamic_graph_dot(trace::Capture const& capture,
                                                        SourceFiles const& files,
                                                        DynamicGraphOptions const& options) {
    auto counts = count_graph_records(capture);
    if (counts.empty()) {
        counts = count_function_records(capture);
    }
    auto const made = functions_of(counts);
    if (made.empty()) {
        return no_calls("there are no calls in it: it was recorded without a tracer of functions",
                        "");
    }
    if (!options.root.empty() && !made.contains(options.root)) {
        auto const near =
            nearest_word(options.root, std::vector<std::string_view>(made.begin(), made.end()));
        return no_calls(fmt::format("\"{}\" is not called in it", options.root),
                        near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
    }
    counts = below(counts, options.root, options.depth);
    auto const comment =
        options.root.empty()
            ? fmt::format("calls made, {} functions", functions_of(counts).size())
            : fmt::format("calls made below {}, depth {}", options.root, options.depth);
    return functions_of(counts).size() > options.most_functions
               ? by_file(counts, files, comment)
               : by_function(counts, files, comment);
}

} // namespace kflow::view
