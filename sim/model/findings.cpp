#include "sim/model/findings.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace kflow::model {

Findings::Entry& Findings::entry(Diagnostic diagnostic) {
    Key key{diagnostic.place.file, diagnostic.place.line, diagnostic.place.column,
            diagnostic.message};
    auto const [it, is_new] = entries_.try_emplace(std::move(key));
    if (is_new) {
        it->second.diagnostic = std::move(diagnostic);
    }
    return it->second;
}

void Findings::add(std::size_t build, Diagnostic diagnostic) {
    auto& builds = entry(std::move(diagnostic)).builds;
    if (builds.empty() || builds.back() != build) {
        builds.push_back(build);
    }
}

void Findings::add(Diagnostic diagnostic) {
    entry(std::move(diagnostic)).everywhere = true;
}

bool Findings::has_errors() const {
    return std::any_of(entries_.begin(), entries_.end(), [](auto const& entry) {
        return entry.second.diagnostic.severity == Severity::error;
    });
}

std::vector<Diagnostic> Findings::take() {
    std::vector<Diagnostic> all;
    all.reserve(entries_.size());
    for (auto& [key, found] : entries_) {
        if (!found.everywhere && found.builds.size() < builds_.size()) {
            std::string names;
            for (auto const build : found.builds) {
                names += names.empty() ? builds_[build] : ", " + builds_[build];
            }
            found.diagnostic.message += fmt::format(" (in {})", names);
        }
        all.push_back(std::move(found.diagnostic));
    }
    entries_.clear();
    return all;
}

} // namespace kflow::model
