#include "sim/check/report.hpp"

#include <algorithm>

namespace kflow::check {
namespace {

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

} // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
    case Verdict::agrees:
        return "agrees";
    case Verdict::agrees_with_gaps:
        return "agrees with gaps";
    case Verdict::differs:
        return "differs";
    case Verdict::unreadable:
        return "unreadable";
    }
    return "";
}

int exit_status(Verdict verdict) {
    switch (verdict) {
    case Verdict::agrees:
    case Verdict::agrees_with_gaps:
        return 0;
    case Verdict::differs:
        return 1;
    case Verdict::unreadable:
        return 2;
    }
    return 2;
}

void decide(Report& report, bool first_line_cut, bool last_line_cut) {
    auto const& c = report.conformance;
    auto& gaps = report.gaps;
    if (report.lost > 0) {
        gaps.push_back(counted(report.lost, "event was lost", "events were lost"));
    }
    if (first_line_cut) {
        gaps.emplace_back("the first line is cut and was not used");
    }
    if (last_line_cut) {
        gaps.emplace_back("the last line is cut and was not used");
    }
    if (report.tracer == "function_graph" && c.total.calls == 0) {
        gaps.emplace_back("no call could be judged: was set_ftrace_pid that of a task that ran, "
                          "and tracing_on set?");
    }
    if (c.cut > 0) {
        gaps.push_back(counted(c.cut, "call has no end", "calls have no end"));
    }
    if (c.unmodelled > 0) {
        gaps.push_back(counted(c.unmodelled, "call is", "calls are") +
                       " of functions without a body");
    }
    if (c.overflow > 0) {
        gaps.push_back(counted(c.overflow, "call has", "calls have") +
                       " too many possible runs to find a true one among them");
    }
    auto const unseen = static_cast<std::size_t>(
        std::ranges::count(c.divergences, DifferenceKind::unseen, &Divergence::kind));
    if (unseen > 0) {
        gaps.push_back(counted(unseen, "call is", "calls are") +
                       " possible, and unlike all that were learned from");
    }
    bool const differs = unseen < c.divergences.size() || !report.automata.violations.empty() ||
                         (report.scenario && !report.scenario->found);
    report.verdict = differs        ? Verdict::differs
                     : gaps.empty() ? Verdict::agrees
                                    : Verdict::agrees_with_gaps;
}

} // namespace kflow::check
