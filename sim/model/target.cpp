#include "sim/model/target.hpp"

#include <algorithm>

namespace kflow::model {

Target target_of(build::BuildFacts const& facts) {
    auto const version = facts.version();
    return {std::string(facts.name()), version.major, version.minor, version.patch,
            [facts](std::string_view option) { return facts.config_enabled(option); }};
}

std::optional<Target> target_of(std::string_view version, std::vector<std::string> options) {
    auto const number = build::parse_version(version);
    if (!number) {
        return std::nullopt;
    }
    std::sort(options.begin(), options.end());
    return Target{std::string(version), number->major, number->minor, number->patch,
                  [options = std::move(options)](std::string_view option) {
                      return std::binary_search(options.begin(), options.end(), option);
                  }};
}

} // namespace kflow::model
