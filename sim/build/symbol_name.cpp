// The compiler's suffixes: .isra (arguments removed), .constprop (constants in), .part (split off),
// .cold.
#include "sim/build/build_facts.hpp"

#include <array>
#include <charconv>

namespace kflow::build {

std::string_view function_of_symbol(std::string_view symbol_name) {
    constexpr std::array<std::string_view, 6> suffixes = {".isra", ".constprop",  ".part",
                                                          ".cold", ".localalias", ".llvm"};
    if (symbol_name.find('.') == std::string_view::npos) {
        return symbol_name;
    }
    auto end = symbol_name.size();
    for (auto const suffix : suffixes) {
        auto const at = symbol_name.find(suffix, 1);
        if (at == std::string_view::npos) {
            continue;
        }
        auto const after = at + suffix.size();
        if (after == symbol_name.size() || symbol_name[after] == '.') {
            end = std::min(end, at);
        }
    }
    return symbol_name.substr(0, end);
}

bool is_part_symbol(std::string_view symbol_name) {
    return symbol_name.find(".part.") != std::string_view::npos;
}

std::optional<KernelVersion> parse_version(std::string_view text) {
    KernelVersion version;
    std::array<int*, 3> const parts = {&version.major, &version.minor, &version.patch};
    char const* at = text.data();
    char const* const end = at + text.size();
    for (std::size_t index = 0; index < parts.size(); ++index) {
        auto const [next, error] = std::from_chars(at, end, *parts[index]);
        if (error != std::errc{} || *parts[index] < 0) {
            return std::nullopt;
        }
        if (next == end) {
            return index == 0 ? std::nullopt : std::optional(version);
        }
        if (*next != '.' || index == 2) {
            return std::nullopt;
        }
        at = next + 1;
    }
    return version;
}

} // namespace kflow::build
