#include "excerpts.hpp"

#include "sim/base/input_file.hpp"

#include <algorithm>
#include <cstdlib>
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

std::vector<Excerpt> captured_kinds() {
    char const* const wanted = std::getenv("KFLOW_EXCERPT_KIB");
    auto const most = static_cast<std::size_t>(wanted ? std::max(std::atoi(wanted), 1) : 3) << 10;
    std::vector<Excerpt> found;
    for (auto const& entry :
         std::filesystem::recursive_directory_iterator(KFLOW_SOURCE_DIR "/tests/captures")) {
        auto const name = entry.path().filename().string();
        bool const kind = name.starts_with("opt-") || name.starts_with("fork_wait.") ||
                          name.starts_with("session-raspbian_proc.");
        if (!kind || entry.path().extension() != ".zst") {
            continue;
        }
        auto const input = read_input(entry.path().string());
        if (auto const* const text = std::get_if<std::string>(&input)) {
            auto const end = text->rfind('\n', most);
            found.push_back({entry.path().parent_path().filename().string() + "/" + name,
                             text->substr(0, end == std::string::npos ? end : end + 1)});
        }
    }
    std::sort(found.begin(), found.end(),
              [](Excerpt const& a, Excerpt const& b) { return a.name < b.name; });
    return found;
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
