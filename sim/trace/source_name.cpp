#include "sim/trace/call_tree.hpp"

#include <array>
#include <string_view>

namespace kflow::trace {

namespace {

/// Cuts one suffix that compilers add; false if the name has none.
bool cut_suffix(std::string_view& text, bool& partial) {
    constexpr std::array<std::string_view, 7> kSuffixes{
        ".isra", ".constprop", ".part", ".cold", ".llvm", ".lto_priv", ".localalias"};
    std::size_t at = std::string_view::npos;
    for (std::string_view const suffix : kSuffixes) {
        std::size_t const found = text.rfind(suffix);
        if (found == std::string_view::npos || found == 0) {
            continue;
        }
        std::string_view const rest = text.substr(found + suffix.size());
        bool const numbered =
            rest.empty() || (rest[0] == '.' && rest.size() > 1 &&
                             rest.find_first_not_of("0123456789", 1) == std::string_view::npos);
        if (numbered) {
            at = found;
            partial = partial || suffix == ".part";
        }
    }
    if (at == std::string_view::npos) {
        return false;
    }
    text = text.substr(0, at);
    return true;
}

} // namespace

SourceName source_name(Name symbol) {
    std::string_view text = symbol.view();
    bool partial = false;
    bool cut = false;
    while (cut_suffix(text, partial)) {
        cut = true;
    }
    return {cut ? Name(text) : symbol, partial};
}

} // namespace kflow::trace
