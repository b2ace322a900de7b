#include "sim/trace/read/guess_format.hpp"

#include "sim/trace/read/graph_text.hpp"
#include "sim/trace/read/record_text.hpp"

#include <algorithm>
#include <array>

namespace kflow::trace {

namespace {

/// Wide cpu columns first: a number of two digits stands in a narrow one as well, but not the other
/// way round. 0: no such column.
constexpr std::array<int, 5> kCpuWidths{4, 3, 2, 1, 0};

std::vector<TraceFormat> graph_candidates(TraceFormat const& known) {
    std::vector<TraceFormat> candidates;
    for (int guess = 0; guess < 16; ++guess) {
        TraceFormat tried = known;
        tried.tracer = Name("function_graph");
        if (!known.header) {
            tried.graph.abstime = (guess & 1) != 0;
            tried.graph.proc = (guess & 2) != 0;
            tried.latency_format = (guess & 4) != 0;
            tried.graph.duration = (guess & 8) == 0;
        } else if (guess != 0) {
            continue;
        }
        for (int const flag_columns : Dialect::kFlagColumns) {
            tried.dialect.flag_columns = flag_columns;
            for (int const width : kCpuWidths) {
                if (!known.header) {
                    tried.graph.cpu = width > 0;
                } else if (!known.graph.cpu && width > 1) {
                    continue;
                }
                tried.graph.cpu_width = std::max(width, 1);
                candidates.push_back(tried);
            }
        }
    }
    return candidates;
}

std::vector<TraceFormat> line_candidates(TraceFormat const& known) {
    std::vector<TraceFormat> candidates;
    for (bool const clock_in_ns : {true, false}) {
        TraceFormat tried = known;
        tried.clock_in_ns = clock_in_ns;
        if (known.header) {
            candidates.push_back(tried);
            continue;
        }
        for (int guess = 0; guess < 8; ++guess) {
            tried.latency_format = (guess & 1) != 0;
            tried.irq_info = (guess & 2) == 0;
            tried.record_tgid = (guess & 4) != 0;
            for (int const flag_columns : Dialect::kFlagColumns) {
                tried.dialect.flag_columns = flag_columns;
                candidates.push_back(tried);
            }
        }
    }
    return candidates;
}

/// How many lines fit, twice; the first one counts once, since it may be cut and fit columns that
/// are not its own.
std::size_t score(TraceFormat const& format, std::vector<std::string_view> const& lines) {
    std::size_t good = 0;
    GraphFindings findings;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        LineCursor cursor(lines[i]);
        Event event;
        bool const fits = format.is_graph() ? read_graph_line(cursor, format, findings, event)
                                            : read_line(cursor, format, event);
        good += fits ? (i == 0 ? 1 : 2) : 0;
    }
    return good;
}

} // namespace

TraceFormat guess_format(TraceFormat const& known, std::vector<std::string_view> const& lines) {
    std::vector<TraceFormat> candidates;
    if (!known.header || !known.is_graph()) {
        candidates = line_candidates(known);
    }
    if (!known.header || known.is_graph()) {
        for (TraceFormat const& candidate : graph_candidates(known)) {
            candidates.push_back(candidate);
        }
    }
    TraceFormat best = known;
    std::size_t best_score = 0;
    for (TraceFormat const& candidate : candidates) {
        std::size_t const reached = score(candidate, lines);
        if (reached > best_score) {
            best = candidate;
            best_score = reached;
        }
        if (best_score >= 4 && best_score + 2 >= lines.size() * 2) {
            break; // at most a cut first line is left: no other columns fit better
        }
    }
    if (best_score == 0 && !known.header) {
        for (bool const graph : {false, true}) {
            TraceFormat bare = known;
            bare.context_info = false;
            bare.tracer = Name(graph ? "function_graph" : "function");
            std::size_t const reached = score(bare, lines);
            if (reached > best_score && reached * 2 + 1 >= lines.size() * 2) {
                best = bare;
                best_score = reached;
            }
        }
    }
    return best;
}

} // namespace kflow::trace
