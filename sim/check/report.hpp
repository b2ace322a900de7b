#pragma once
// What `kflow check` says of one capture, as values; report_text, report_json and report_junit put
// it into words.

#include "sim/base/diagnostic.hpp"
#include "sim/check/conformance_result.hpp"
#include "sim/check/lifecycle.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kflow::check {

enum class Verdict {
    agrees,
    agrees_with_gaps, ///< nothing differs in what could be seen; see Report::gaps
    differs,
    unreadable,
};

std::string_view to_string(Verdict verdict);
/// 0 agrees (with or without gaps), 1 differs, 2 unreadable.
int exit_status(Verdict verdict);

/// Witness 2: whether the capture is one of the runs that a scenario allows.
struct ScenarioResult {
    std::string scenario;
    std::string start;  ///< which of the scenario's starts it was held against
    bool found = false; ///< a schedule exists
    std::size_t spine_matched = 0;
    std::size_t spine_total = 0;
    std::size_t events_matched = 0;
    std::size_t events_total = 0;
    std::size_t tasks = 0;   ///< of the capture that run the scenario's programs
    std::size_t ahead = 0;   ///< times that a task had to be further than its last record
    std::size_t choices = 0; ///< open choices of the model that fell the other way
    int tries = 0;           ///< changes of mind of the search
    bool given_up = false;   ///< there were more to try
    std::string explanation; ///< the schedule, or the first point where none exists: a sentence
    std::vector<Divergence> divergences;
};

struct Report {
    std::string capture; ///< the file
    std::string tracer;
    std::string build;
    std::string build_reason; ///< "given", or how it was guessed
    std::vector<std::string> assumptions;
    Verdict verdict = Verdict::unreadable;
    std::vector<std::string> gaps; ///< why it agrees only with gaps
    std::size_t lines = 0;
    std::size_t lost =
        0; ///< events that the kernel says are lost, or places where it does not know
    ConformanceResult conformance;
    LifecycleResult automata;
    std::optional<ScenarioResult> scenario;
    std::vector<Diagnostic> diagnostics; ///< why it is unreadable, or what is wrong with the model
};

/// Decides the verdict and the gaps from the rest of the report.
void decide(Report& report, bool first_line_cut, bool last_line_cut);

/// For people. Ends in a newline.
std::string report_text(Report const& report, bool explain);
/// One object for one report, an array for several.
std::string report_json(std::vector<Report> const& reports);
/// A test suite a capture: one case a function, one a rule, one for the scenario.
std::string report_junit(std::vector<Report> const& reports);

} // namespace kflow::check
