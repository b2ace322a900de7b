#include "sim/engine/program.hpp"

#include <algorithm>

namespace kflow::engine {

int World::find_program(std::string_view path) const {
    for (std::size_t i = 0; i < programs.size(); ++i) {
        if (programs[i].path == path) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

std::int64_t World::intern(std::string_view text) {
    auto const found = std::find(strings.begin(), strings.end(), text);
    if (found != strings.end()) {
        return found - strings.begin();
    }
    strings.emplace_back(text);
    return static_cast<std::int64_t>(strings.size()) - 1;
}

} // namespace kflow::engine
