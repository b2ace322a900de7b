#pragma once
// Statements of programs and lines of `expect`, read by the table of verbs.

#include "sim/scenario/lines.hpp"
#include "sim/scenario/scenario.hpp"

#include <optional>

namespace kflow::scenario {

/// Reads the blocks of one file's programs.
class StatementReader {
public:
    StatementReader(std::vector<Line> const& lines, Report& report)
        : lines_(lines), report_(report) {}

    /// The statements from line `at` on that are indented by `indent` steps; `at` ends behind them.
    std::vector<Statement> block(std::size_t& at, int indent);

private:
    std::optional<Statement> statement(Line const& line);
    void check_words(Line const& line, Statement const& statement);
    void check_body(Line const& line, Statement const& statement);
    void attach_else(Line const& line, std::vector<Statement>& to, std::vector<Statement> body);

    std::vector<Line> const& lines_;
    Report& report_;
};

/// One line of the `expect` block; nothing, and a diagnostic, if it is none.
std::optional<Expectation> read_expectation(Line const& line, Report& report);

/// A file without `start`: good as a library, but nothing to run.
Diagnostic no_start(std::string const& file);

/// What only the whole scenario can tell: programs, variables and the start that are named but not
/// there. `text` is for the messages' source lines.
void check_names(Scenario const& scenario, std::string_view text,
                 std::vector<Diagnostic>& diagnostics);

} // namespace kflow::scenario
