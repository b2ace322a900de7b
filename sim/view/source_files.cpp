#include "sim/view/source_files.hpp"

namespace kflow::view {

namespace {

/// By the first folders of the source tree that match; the last is for everything else.
constexpr std::pair<std::string_view, std::string_view> kSubsystems[] = {
    {"kernel/sched/", "#cfe3f5"}, {"kernel/time/", "#e3ddf3"}, {"kernel/rcu/", "#dfe5c9"},
    {"kernel/", "#fbe3c0"},       {"arch/", "#f5d0d0"},        {"mm/", "#d6ecd2"},
    {"fs/", "#f3efc4"},           {"security/", "#e8d5c4"},    {"include/", "#eeeeee"},
    {"lib/", "#e6e6f0"},          {"glibc/", "#d0ece8"},       {"", "#ffffff"}};

constexpr std::string_view kWide[] = {"include/",  "drivers/", "glibc/",
                                      "security/", "net/",     "arch/arm64/"};

} // namespace

std::string SourceFiles::leaf(std::string_view name) const {
    auto const home = names_ ? build::home_of(*names_, name) : std::string_view();
    return std::string(home.empty() ? kElsewhere : home);
}

std::string SourceFiles::of(model::Function const& function) const {
    if (!function.has_body) {
        return leaf(function.name);
    }
    auto const& source = program_->sources[model::index_of(function.file)];
    bool const user = (*program_)[function.file].starts_with("glibc/");
    return user ? "glibc/" + source : source;
}

std::string SourceFiles::of(std::string_view function) const {
    auto const id = program_->find_function(function);
    return id == model::kNone<model::FunctionId> ? leaf(function) : of((*program_)[id]);
}

std::string_view folder_of(std::string_view source) {
    for (auto const wide : kWide) {
        if (source.starts_with(wide)) {
            return wide.substr(0, wide.size() - 1);
        }
    }
    auto const slash = source.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : source.substr(0, slash);
}

std::string_view color_of_source(std::string_view source) {
    for (auto const& [folder, color] : kSubsystems) {
        if (source.starts_with(folder)) {
            return color;
        }
    }
    return kSubsystems[0].second;
}

} // namespace kflow::view
