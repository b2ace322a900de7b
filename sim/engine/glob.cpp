#include "sim/engine/glob.hpp"

#include <cstddef>

namespace kflow::engine {

namespace {

/// What one letter of a text is held against: a piece of the glob, so long, and whether it fits.
struct Piece {
    std::size_t length = 1;
    bool fits = false;
};

/// Letters beyond ASCII come last, whatever the sign of a char.
unsigned char number(char c) {
    return static_cast<unsigned char>(c);
}

/// A class that begins at `[`. Where none closes it, the bracket means itself.
Piece class_at(std::string_view glob, char c) {
    bool const inverted = glob.substr(1, 1) == "!";
    std::size_t at = inverted ? 2 : 1;
    bool found = false;
    do { // the first letter belongs to the class even where it is `]`
        if (at >= glob.size()) {
            return {1, c == '['};
        }
        char const low = glob[at++];
        char high = low;
        if (at + 1 < glob.size() && glob[at] == '-' && glob[at + 1] != ']') {
            high = glob[at + 1];
            at += 2;
        }
        found = found || (number(low) <= number(c) && number(c) <= number(high));
    } while (at >= glob.size() || glob[at] != ']');
    return {at + 1, found != inverted};
}

Piece piece_at(std::string_view glob, char c) {
    if (glob.empty()) {
        return {0, false};
    }
    switch (glob.front()) {
    case '?':
        return {1, true};
    case '[':
        return class_at(glob, c);
    case '\\':
        return glob.size() > 1 ? Piece{2, glob[1] == c} : Piece{1, c == '\\'};
    default:
        return {1, glob.front() == c};
    }
}

} // namespace

bool matches_glob(std::string_view glob, std::string_view text) {
    std::size_t in_glob = 0;
    std::size_t in_text = 0;
    std::size_t behind_star = std::string_view::npos; // where to go on in the glob …
    std::size_t star_ends = 0;                        // … and up to where the star reaches
    while (in_text < text.size()) {
        if (in_glob < glob.size() && glob[in_glob] == '*') {
            behind_star = ++in_glob;
            star_ends = in_text;
            continue;
        }
        auto const piece = piece_at(glob.substr(in_glob), text[in_text]);
        if (piece.fits) {
            in_glob += piece.length;
            ++in_text;
        } else if (behind_star != std::string_view::npos) {
            in_glob = behind_star;
            in_text = ++star_ends;
        } else {
            return false;
        }
    }
    return glob.find_first_not_of('*', in_glob) == std::string_view::npos;
}

} // namespace kflow::engine
