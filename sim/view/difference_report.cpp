#include "sim/view/difference_report.hpp"

#include "sim/view/columns.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string_view>

namespace kflow::view {

namespace {

/// A column is padded to at most so many places: one long cell shall not push all others away.
constexpr int kWidest = 44;

/// How many things changed: functions, where several rows belong to one.
std::size_t count_of(ReportSection const& section) {
    if (!section.grouped) {
        return section.rows.size();
    }
    std::size_t count = 0;
    for (std::size_t k = 0; k < section.rows.size(); ++k) {
        count += k == 0 || section.rows[k].group != section.rows[k - 1].group ? 1 : 0;
    }
    return count;
}

std::vector<int> widths_of(ReportSection const& section) {
    std::vector<int> widths;
    for (auto const& row : section.rows) {
        widths.resize(std::max(widths.size(), row.cells.size()));
        for (std::size_t k = 0; k < row.cells.size(); ++k) {
            widths[k] = std::max(widths[k], std::min(columns_of(row.cells[k]), kWidest));
        }
    }
    return widths;
}

std::string line_of(std::vector<std::string> const& cells, std::vector<int> const& widths,
                    std::string_view indent) {
    std::string line(indent);
    for (std::size_t k = 0; k < cells.size(); ++k) {
        line += cells[k];
        int const missing = widths[k] - columns_of(cells[k]);
        line.append(static_cast<std::size_t>(std::max(missing, 0)) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

std::string section_as_text(ReportSection const& section) {
    auto const widths = widths_of(section);
    std::string text = fmt::format("\n{} ({})\n", section.title, count_of(section));
    text += section.note.empty() ? "" : fmt::format("  ({})\n", section.note);
    std::string_view group;
    for (auto const& row : section.rows) {
        if (section.grouped && row.group != group) {
            group = row.group;
            text += fmt::format("  {}\n", group);
        }
        text += line_of(row.cells, widths, section.grouped ? "    " : "  ");
    }
    return text;
}

/// What Markdown would take for its own, taken literally.
std::string escaped(std::string_view cell) {
    std::string text;
    for (char const c : cell) {
        if (std::string_view("|_*<>`\\[]").find(c) != std::string_view::npos) {
            text += '\\';
        }
        text += c;
    }
    return text;
}

std::string table_row(std::vector<std::string> const& cells) {
    return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string section_as_markdown(ReportSection const& section) {
    std::string text = fmt::format("\n## {} ({})\n\n", section.title, count_of(section));
    if (!section.note.empty()) {
        text += escaped(section.note) + "\n\n";
    }
    text += table_row(section.columns);
    text += table_row(std::vector<std::string>(section.columns.size(), "---"));
    std::string_view group;
    for (auto const& row : section.rows) {
        std::vector<std::string> cells;
        if (section.grouped) {
            cells.push_back(row.group == group ? "" : escaped(row.group));
            group = row.group;
        }
        for (auto const& cell : row.cells) {
            cells.push_back(escaped(cell));
        }
        cells.resize(section.columns.size());
        text += table_row(cells);
    }
    return text;
}

} // namespace

std::vector<std::string> counts_of(std::vector<ReportSection> const& sections) {
    std::vector<std::string> counts;
    for (auto const& section : sections) {
        if (!section.rows.empty()) {
            counts.push_back(fmt::format("{} {}", section.title, count_of(section)));
        }
    }
    return counts;
}

std::string report_as_text(DifferenceReport const& report) {
    std::string text = report.title + "\n";
    for (auto const& line : report.summary) {
        text += "  " + line + "\n";
    }
    for (auto const& section : report.sections) {
        text += section.rows.empty() ? "" : section_as_text(section);
    }
    return text;
}

std::string report_as_markdown(DifferenceReport const& report) {
    std::string text = fmt::format("# {}\n\n", escaped(report.title));
    for (auto const& line : report.summary) {
        text += fmt::format("- {}\n", escaped(line));
    }
    for (auto const& section : report.sections) {
        text += section.rows.empty() ? "" : section_as_markdown(section);
    }
    return text;
}

} // namespace kflow::view
