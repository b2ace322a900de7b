#pragma once
// The excerpts of real captures that the tests of this folder run over.

#include <string>
#include <vector>

namespace kflow::trace::test {

struct Excerpt {
    std::string name; ///< the file's name
    std::string text;
};

/// All of tests/unit/trace/excerpts, by name.
std::vector<Excerpt> const& excerpts();

/// The begin of one capture of every kind of each build (tests/captures): the header and whole lines
/// up to so many KiB, $KFLOW_EXCERPT_KIB or else 3. Nights take 64: cut at every byte, that reads
/// 2 GB a capture.
std::vector<Excerpt> captured_kinds();

/// The one of this name; an empty text if there is none.
std::string const& excerpt(std::string const& name);

/// The text's lines with their newlines.
std::vector<std::string> lines_of(std::string const& text);

} // namespace kflow::trace::test
