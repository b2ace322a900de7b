#pragma once
// A comparison in words: sections of rows, as text for a terminal or as Markdown's tables.

#include <string>
#include <vector>

namespace kflow::view {

struct ReportSection {
    std::string title; ///< "New"
    std::vector<std::string> columns;
    std::string note = {}; ///< one sentence under it; may be empty
    bool grouped = false;  ///< the first column is the rows' group
    struct Row {
        std::string group; ///< what several rows belong to: a function; in the first column
        std::vector<std::string> cells;
    };
    std::vector<Row> rows = {};
};

struct DifferenceReport {
    std::string title;
    std::vector<std::string> summary; ///< a line each
    std::vector<ReportSection> sections;
};

/// "New 3", "Gone 1": what there is, a section each that has rows.
std::vector<std::string> counts_of(std::vector<ReportSection> const& sections);

/// Sections without rows are left out.
std::string report_as_text(DifferenceReport const& report);
std::string report_as_markdown(DifferenceReport const& report);

} // namespace kflow::view
