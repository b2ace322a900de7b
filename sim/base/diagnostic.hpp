#pragma once
// What is wrong with an input, said so that its author can mend it: where, what, what was expected, what to do.

#include <string>
#include <string_view>
#include <vector>

namespace kflow {

/// A place in an input file. Lines and columns count from 1; a column counts bytes; 0 means "the whole line" or "the whole file".
struct SourcePlace {
    std::string file;
    int line = 0;
    int column = 0;
    bool operator==(SourcePlace const&) const = default;
};

enum class Severity { error, warning, note };

struct Diagnostic {
    Severity severity = Severity::error;
    SourcePlace place;
    std::string message;     ///< what is wrong, and what was expected
    std::string source_line; ///< the input's own line, without its newline; empty if there is none to show
    std::string hint;        ///< what to do, e.g. `did you mean "copy_files"?`; empty if nothing is known
    bool operator==(Diagnostic const&) const = default;
};

/// As compilers print it: `FILE:LINE:COLUMN: error: MESSAGE`, then the line with a caret, then `  hint: …`. Ends in a newline.
std::string to_string(Diagnostic const& diagnostic);

/// All of them, in order.
std::string to_string(std::vector<Diagnostic> const& diagnostics);

/// The candidate that is nearest to `word` by edit distance (a swap of neighbours counts once), or an empty view if none is near enough to be a misspelling of it
/// (more than a third of its letters, at least one and at most three, would have to change). The first of equals wins.
std::string_view nearest_word(std::string_view word, std::vector<std::string_view> const& candidates);

} // namespace kflow
