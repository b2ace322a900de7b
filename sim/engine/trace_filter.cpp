#include "sim/engine/trace_filter.hpp"

#include "sim/engine/glob.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace kflow::engine {

namespace {

/// Options whose columns a run has no values for.
constexpr std::array<std::string_view, 5> kNotShown{
    "func-args", "funcgraph-args", "funcgraph-retval", "funcgraph-retval-hex", "funcgraph-retaddr"};

bool is_pattern(std::string_view name) {
    return name.find_first_of("*?[") != std::string_view::npos;
}

/// `sched/sched_switch`, `sched:sched_switch`, `sched/*`, `sched` or `sched_switch`.
bool names_event(std::string_view word, std::string_view system, std::string_view event) {
    auto const split = word.find_first_of("/:");
    if (split == std::string_view::npos) {
        return word == event || word == system;
    }
    auto const wanted = word.substr(split + 1);
    return word.substr(0, split) == system &&
           (wanted == "*" || wanted == "enable" || wanted == event);
}

/// Whether the build has an event that `word` enables.
bool is_known_event(std::string_view word, build::BuildFacts const& build) {
    auto const split = word.find_first_of("/:");
    if (split != std::string_view::npos &&
        build.event(word.substr(0, split), word.substr(split + 1))) {
        return true;
    }
    auto const events = build.events();
    return std::any_of(events.begin(), events.end(), [&](auto const& event) {
        return names_event(word, event.system, event.name);
    });
}

/// A hint for a misspelt event; empty where none is near.
std::string nearest_event(std::string_view word, build::BuildFacts const& build) {
    bool const colon = word.find(':') != std::string_view::npos;
    std::vector<std::string> names;
    for (auto const& event : build.events()) {
        names.push_back(std::string(event.system) + (colon ? ":" : "/") + std::string(event.name));
        names.emplace_back(event.name);
        names.emplace_back(event.system);
    }
    auto const near = nearest_word(word, {names.begin(), names.end()});
    return near.empty() ? std::string() : "did you mean `" + std::string(near) + "`?";
}

} // namespace

TraceFilter::TraceFilter(TraceOptions options) : options_(std::move(options)) {
    for (auto const pid : options_.pids) {
        followed_.insert(pid.value);
    }
    std::copy_if(options_.filter.begin(), options_.filter.end(), std::back_inserter(globs_),
                 is_pattern);
    for (auto const& option : options_.options) {
        bool const off = option.starts_with("no");
        set_[off ? option.substr(2) : option] = !off;
    }
}

bool TraceFilter::has(std::string_view option, bool otherwise) const {
    auto const found = set_.find(option);
    return found == set_.end() ? otherwise : found->second;
}

bool TraceFilter::passes(std::string_view symbol) const {
    auto const found = passed_.find(symbol);
    if (found != passed_.end()) {
        return found->second;
    }
    auto const& words = options_.filter;
    bool const passes = words.empty() ||
                        std::find(words.begin(), words.end(), symbol) != words.end() ||
                        std::any_of(globs_.begin(), globs_.end(),
                                    [&](auto const& glob) { return matches_glob(glob, symbol); });
    passed_.emplace(symbol, passes);
    return passes;
}

bool TraceFilter::is_enabled(std::string_view system, std::string_view event) const {
    auto const found = enabled_.find(event);
    if (found != enabled_.end()) {
        return found->second;
    }
    bool const on = std::any_of(options_.events.begin(), options_.events.end(),
                                [&](auto const& word) { return names_event(word, system, event); });
    enabled_.emplace(event, on);
    return on;
}

bool TraceFilter::follows(Pid pid, trace::TraceEvent const& event) const {
    if (follows(pid)) {
        return true;
    }
    for (auto const key : {"next_pid", "prev_pid", "pid"}) {
        if (auto const other = event.number(key);
            other && followed_.contains(static_cast<std::int32_t>(*other)) &&
            event.name.view().starts_with("sched_")) {
            return true;
        }
    }
    return false;
}

void TraceFilter::see_fork(trace::TraceEvent const& event, Pid parent) {
    if (!options_.follow_forks || followed_.empty() || event.name.view() != "sched_process_fork") {
        return;
    }
    if (auto const child = event.number("child_pid"); child && followed_.contains(parent.value)) {
        followed_.insert(static_cast<std::int32_t>(*child));
    }
}

std::vector<Diagnostic> TraceFilter::trouble(build::BuildFacts const& build) const {
    std::vector<Diagnostic> found;
    auto const report = [&](std::string message, std::string hint = {}) {
        Diagnostic diagnostic;
        diagnostic.severity = Severity::warning;
        diagnostic.message = std::move(message);
        diagnostic.hint = std::move(hint);
        found.push_back(std::move(diagnostic));
    };
    for (auto const& name : options_.filter) {
        if (!is_pattern(name) && !build.is_traced(name)) {
            report("the tracer of " + std::string(build.name()) + " cannot show `" + name + "`");
        }
    }
    for (auto const& word : options_.events) {
        if (!is_known_event(word, build)) {
            report(std::string(build.name()) + ": no event `" + word + "` is known",
                   nearest_event(word, build));
        }
    }
    auto const known = build.trace_options();
    for (auto const& word : options_.options) {
        if (std::find(known.begin(), known.end(), word.substr(word.starts_with("no") ? 2 : 0)) ==
            known.end()) {
            report(std::string(build.name()) + " has no trace option `" + word + "`");
        }
    }
    for (auto const& [name, on] : set_) {
        if (on && std::find(kNotShown.begin(), kNotShown.end(), name) != kNotShown.end()) {
            report("a run does not show what the option `" + name + "` adds",
                   "the values of arguments are no part of the machine");
        }
    }
    return found;
}

} // namespace kflow::engine
