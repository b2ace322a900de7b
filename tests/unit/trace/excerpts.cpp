#include "excerpts.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace kflow::trace::test {

std::vector<Excerpt> const& excerpts() {
    static std::vector<Excerpt> const all = [] {
        std::vector<Excerpt> found;
        std::string const folder = KFLOW_SOURCE_DIR "/tests/unit/trace/excerpts";
        for (auto const& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() != ".trace") {
                continue;
            }
            std::ifstream file(entry.path(), std::ios::binary);
            std::ostringstream text;
            text << file.rdbuf();
            found.push_back({entry.path().filename().string(), text.str()});
        }
        std::sort(found.begin(), found.end(),
                  [](Excerpt const& a, Excerpt const& b) { return a.name < b.name; });
        return found;
    }();
    return all;
}

std::string const& excerpt(std::string const& name) {
    static std::string const none;
    for (Excerpt const& excerpt : excerpts()) {
        if (excerpt.name == name) {
            return excerpt.text;
        }
    }
    return none;
}

std::vector<std::string> lines_of(std::string const& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line + "\n");
    }
    return lines;
}

} // namespace kflow::trace::test
