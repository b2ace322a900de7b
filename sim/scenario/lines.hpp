#pragma once
// A scenario's text as indented lines of words, the first half of reading it.

#include "sim/scenario/scenario.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kflow::scenario {

/// A line that says something, with the documentation that stands before it.
struct Line {
    int number = 0; ///< from 1
    int indent = 0; ///< steps of four spaces
    std::vector<Word> words;
    Doc doc;
    std::string_view text; ///< without its newline: for messages
};

/// Collects diagnostics with the line that they are about.
class Report {
public:
    explicit Report(std::string file) : file_(std::move(file)) {}

    void error(Line const& line, int column, std::string message, std::string hint = "");

    std::string const& file() const { return file_; }
    std::vector<Diagnostic> take() { return std::move(found_); }

private:
    std::string file_;
    std::vector<Diagnostic> found_;
};

/// Cuts the text into lines. Comments and empty lines are gone; a block of `##` before everything
/// that is followed by an empty line is the lesson, and stands in the first element's place as a
/// Line without words.
std::vector<Line> split_lines(std::string_view text, Report& report);

} // namespace kflow::scenario
