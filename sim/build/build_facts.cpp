#include "sim/build/build_facts.hpp"

#include "sim/build/build_data.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kflow::build {

namespace {

Diagnostic no_such_build(std::string const& model_dir, std::string_view name) {
    auto const builds = list_builds(model_dir);
    Diagnostic diagnostic{Severity::error,
                          {model_dir + "/builds", 0, 0},
                          fmt::format("has no build \"{}\"", name),
                          "",
                          ""};
    std::vector<std::string_view> const names(builds.begin(), builds.end());
    if (auto const near = nearest_word(name, names); !near.empty()) {
        diagnostic.hint = fmt::format("did you mean \"{}\"? ", near);
    }
    diagnostic.hint +=
        builds.empty() ? "it has none at all" : fmt::format("it has {}", fmt::join(builds, ", "));
    return diagnostic;
}

void split_properties(BuildFacts::Data& data) {
    std::string_view rest = data.build_file.text();
    while (!rest.empty()) {
        auto value = take_field(rest, '\n');
        if (!value.empty() && !value.starts_with('#')) {
            auto const key = take_field(value, ' ');
            data.properties.emplace_back(key, value);
        }
    }
}

std::optional<Diagnostic> fill(BuildFacts::Data& data) {
    auto const build_path = data.folder + "/build";
    auto build = MappedFile::open(build_path);
    if (auto* diagnostic = std::get_if<Diagnostic>(&build)) {
        return *diagnostic;
    }
    data.build_file = std::get<MappedFile>(std::move(build));
    split_properties(data);
    auto const version = parse_version(data.property("kernel"));
    if (!version) {
        return Diagnostic{Severity::error,
                          {build_path, 0, 0},
                          "has no line \"kernel 6.12.117\" (or another version)",
                          "",
                          ""};
    }
    data.version = *version;
    data.text_base = parse_hex(data.property("text-base"));
    auto mask = MappedFile::open(data.folder + "/mask");
    if (auto* diagnostic = std::get_if<Diagnostic>(&mask)) {
        return *diagnostic;
    }
    if (auto diagnostic =
            data.mask.parse(std::get<MappedFile>(std::move(mask)), data.folder + "/mask")) {
        return diagnostic;
    }
    auto symbols = MappedFile::open(data.folder + "/symbols");
    if (auto* diagnostic = std::get_if<Diagnostic>(&symbols)) {
        return *diagnostic;
    }
    return data.core.parse(std::get<MappedFile>(std::move(symbols)), data.folder + "/symbols");
}

/// What an option is in a kernel of that preemption model; nothing if it does not depend on it.
std::optional<std::string_view> follows(Preemption model, std::string_view option) {
    auto const is = [](bool set) { return std::string_view(set ? "y" : ""); };
    auto const preempts = model == Preemption::full || model == Preemption::rt;
    if (option == "PREEMPT_RT") {
        return is(model == Preemption::rt);
    }
    if (option == "PREEMPTION" || option == "PREEMPT_COUNT") {
        return is(preempts || model == Preemption::lazy);
    }
    if (option == "PREEMPT_RCU") {
        return is(preempts);
    }
    if (option == "PREEMPT_VOLUNTARY" || option == "PREEMPT_VOLUNTARY_BUILD") {
        return is(model == Preemption::voluntary);
    }
    auto const excluded =
        option == "NUMA_BALANCING" || option == "TRANSPARENT_HUGEPAGE" || option == "MM_ID";
    if (excluded && model == Preemption::rt) { // init/Kconfig, mm/Kconfig
        return is(false);
    }
    return std::nullopt;
}

} // namespace

BuildFacts::BuildFacts(std::shared_ptr<Data> data) : data_(std::move(data)) {}

std::variant<BuildFacts, Diagnostic> BuildFacts::load(std::string const& model_dir,
                                                      std::string_view name) {
    auto data = std::make_shared<Data>();
    data->name = name;
    data->folder = fmt::format("{}/builds/{}", model_dir, name);
    std::error_code error;
    bool const is_plain =
        !name.empty() && name.find('/') == std::string_view::npos && !name.starts_with('.');
    if (!is_plain || !std::filesystem::is_regular_file(data->folder + "/build", error)) {
        return no_such_build(model_dir, name);
    }
    if (auto diagnostic = fill(*data)) {
        return *diagnostic;
    }
    return BuildFacts(std::move(data));
}

std::string_view BuildFacts::name() const {
    return data_->name;
}

std::string_view BuildFacts::release() const {
    return property("release");
}

std::string_view BuildFacts::version_line() const {
    return property("version");
}

std::string_view BuildFacts::compiler() const {
    return property("compiler");
}

std::string_view BuildFacts::arch() const {
    return property("arch");
}

KernelVersion BuildFacts::version() const {
    return data_->version;
}

BuildFacts BuildFacts::with(Preemption model) const {
    auto other = *this;
    other.other_preemption_ = model;
    return other;
}

Preemption BuildFacts::preemption() const {
    if (other_preemption_) {
        return *other_preemption_;
    }
    constexpr std::pair<std::string_view, Preemption> models[] = {
        {"voluntary", Preemption::voluntary},
        {"full", Preemption::full},
        {"lazy", Preemption::lazy},
        {"rt", Preemption::rt}};
    for (auto const& [word, model] : models) {
        if (property("preemption") == word) {
            return model;
        }
    }
    return Preemption::none;
}

int BuildFacts::page_size() const {
    return data_->number("page-size", 4096);
}

int BuildFacts::cpus() const {
    return data_->number("cpus", 1);
}

int BuildFacts::flag_columns() const {
    return data_->number("flag-columns", 5);
}

std::uint32_t BuildFacts::entry_offset() const {
    return static_cast<std::uint32_t>(data_->number("entry-offset", 4));
}

std::uint32_t BuildFacts::stack_entry_offset() const {
    return static_cast<std::uint32_t>(data_->number("stack-entry-offset", 8));
}

std::string_view BuildFacts::property(std::string_view key) const {
    return data_->property(key);
}

std::string_view BuildFacts::config(std::string_view option) const {
    if (option.starts_with("CONFIG_")) {
        option.remove_prefix(7);
    }
    if (auto const value = other_preemption_ ? follows(*other_preemption_, option) : std::nullopt) {
        return *value;
    }
    // Sorted as lines NAME=VALUE; `=` sorts before letters, digits after, so a range search by
    // "NAME=" is exact.
    auto const& lines = data_->config();
    auto found = lines.with_prefix(std::string(option) + "=");
    auto value = take_field(found, '\n');
    take_field(value, '=');
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
        value = value.substr(1, value.size() - 2);
    }
    return value;
}

bool BuildFacts::config_enabled(std::string_view option) const {
    auto const value = config(option);
    return value == "y" || value == "m";
}

std::vector<Diagnostic> const& BuildFacts::trouble() const {
    return data_->trouble;
}

std::vector<std::string> list_builds(std::string const& model_dir) {
    std::vector<std::string> names;
    std::error_code error;
    for (auto const& entry : std::filesystem::directory_iterator(model_dir + "/builds", error)) {
        if (std::filesystem::is_regular_file(entry.path() / "build", error)) {
            names.push_back(entry.path().filename().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace kflow::build
