#include "sim/check/lifecycle.hpp"

#include "sim/base/input_file.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

namespace kflow::check {
namespace {

std::vector<std::string> split(std::string_view text, char by) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        auto const end = text.find(by);
        auto part = text.substr(0, end);
        while (part.starts_with(' ')) {
            part.remove_prefix(1);
        }
        while (part.ends_with(' ')) {
            part.remove_suffix(1);
        }
        if (!part.empty()) {
            parts.emplace_back(part);
        }
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    return parts;
}

/// `0x1f|Z` as the fields of events are compared: `31|Z`.
std::string in_decimal(std::string const& values) {
    std::string result;
    for (auto const& value : split(values, '|')) {
        std::uint64_t number = 0;
        auto const* end = value.data() + value.size();
        auto const is_hex = value.starts_with("0x") &&
                            std::from_chars(value.data() + 2, end, number, 16).ptr == end;
        result += (result.empty() ? "" : "|") + (is_hex ? std::to_string(number) : value);
    }
    return result;
}

std::string get(DotAttributes const& attributes, std::string_view key) {
    auto const found = attributes.find(key);
    return found == attributes.end() ? std::string{} : found->second;
}

Diagnostic wrong(DotGraph const& graph, int line, std::string message) {
    Diagnostic d;
    d.place = {graph.file, line, 0};
    d.message = std::move(message);
    return d;
}

std::variant<LifecycleEdge, Diagnostic> edge_of(DotGraph const& graph, DotEdge const& dot) {
    LifecycleEdge edge{dot.from,
                       dot.to,
                       get(dot.attributes, "event"),
                       get(dot.attributes, "key"),
                       {},
                       get(dot.attributes, "remember")};
    if (edge.event.empty() || edge.key.empty()) {
        return wrong(graph, dot.line, "an edge needs `event` and `key`");
    }
    for (auto const& text : split(get(dot.attributes, "when"), ' ')) {
        auto const at = text.find('=');
        if (at == std::string::npos || at == 0) {
            return wrong(graph, dot.line,
                         "expected `field=value` or `field!=value`, found `" + text + "`");
        }
        auto const negate = text[at - 1] == '!';
        edge.conditions.push_back(
            {text.substr(0, negate ? at - 1 : at), negate, in_decimal(text.substr(at + 1))});
    }
    return edge;
}

} // namespace

std::variant<LifecycleRule, Diagnostic> parse_rule(std::string_view text, std::string file) {
    auto parsed = parse_dot(text, std::move(file));
    if (auto* error = std::get_if<Diagnostic>(&parsed)) {
        return *error;
    }
    auto const& graph = std::get<DotGraph>(parsed);
    LifecycleRule rule;
    rule.name = graph.name;
    rule.file = graph.file;
    rule.doc = get(graph.attributes, "doc");
    auto const per = get(graph.attributes, "per");
    if (per != "task" && per != "cpu" && per != "signal") {
        return wrong(graph, 0, "the graph needs `per` = task, cpu or signal");
    }
    if (rule.doc.empty()) {
        return wrong(graph, 0, "the graph needs `doc`: what it says, in a sentence");
    }
    rule.per_cpu = per == "cpu";
    rule.per_signal = per == "signal";
    rule.needs = split(get(graph.attributes, "needs"), ' ');
    for (auto const& node : graph.nodes) {
        rule.states.push_back(node.name);
        rule.reasons.push_back(get(node.attributes, "violation"));
    }
    for (auto const& dot : graph.edges) {
        auto edge = edge_of(graph, dot);
        if (auto* error = std::get_if<Diagnostic>(&edge)) {
            return *error;
        }
        rule.edges.push_back(std::get<LifecycleEdge>(std::move(edge)));
    }
    auto const born = get(graph.attributes, "born");
    auto const found = std::find(rule.states.begin(), rule.states.end(), born);
    if (!born.empty() && found == rule.states.end()) {
        return wrong(graph, 0, "there is no state `" + born + "`, which `born` names");
    }
    rule.born = born.empty() ? 0 : static_cast<std::size_t>(found - rule.states.begin());
    if (rule.states.empty()) {
        return wrong(graph, 0, "the graph has no states");
    }
    return rule;
}

std::vector<LifecycleRule> load_rules(std::string const& model_dir,
                                      std::vector<Diagnostic>& diagnostics) {
    namespace fs = std::filesystem;
    std::vector<fs::path> paths;
    std::error_code none;
    for (auto const& entry : fs::directory_iterator(fs::path(model_dir) / "automata", none)) {
        if (entry.path().extension() == ".dot") {
            paths.push_back(entry.path());
        }
    }
    std::sort(paths.begin(), paths.end());
    std::vector<LifecycleRule> rules;
    for (auto const& path : paths) {
        auto text = read_input(path.string());
        if (auto* error = std::get_if<Diagnostic>(&text)) {
            diagnostics.push_back(*error);
            continue;
        }
        auto rule = parse_rule(std::get<std::string>(text), "automata/" + path.filename().string());
        if (auto* error = std::get_if<Diagnostic>(&rule)) {
            diagnostics.push_back(*error);
            continue;
        }
        rules.push_back(std::get<LifecycleRule>(std::move(rule)));
    }
    return rules;
}

} // namespace kflow::check
