#include "sim/build/source_names.hpp"

#include "sim/base/mapped_file.hpp"
#include "sim/build/build_facts.hpp"
#include "sim/build/sorted_lines.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

namespace kflow::build {

struct SourceNames::Data {
    MappedFile file;
    std::string series;
    std::string_view version;
    SortedLines files;

    /// (name, file), sorted; made when first asked for.
    std::vector<std::pair<std::string_view, std::string_view>> const& by_name();

private:
    std::vector<std::pair<std::string_view, std::string_view>> by_name_;
};

namespace {

/// trace_NAME stands in the lists for what its tracepoint is made of.
std::string listed_name(std::string_view name) {
    constexpr std::string_view iterator = "__traceiter_";
    constexpr std::string_view enabled = "_enabled";
    if (name.starts_with(iterator)) {
        return fmt::format("trace_{}", name.substr(iterator.size()));
    }
    if (name.starts_with("trace_") && name.ends_with(enabled)) {
        return std::string(name.substr(0, name.size() - enabled.size()));
    }
    return std::string(name);
}

/// What the first of these lines lists behind its file.
std::string_view first_names(std::string_view lines) {
    auto names = take_field(lines, '\n');
    take_field(names);
    return names;
}

/// Whether the space-separated sorted words hold `name`.
bool has_word(std::string_view words, std::string_view name) {
    while (!words.empty()) {
        auto const word = take_field(words, ' ');
        if (word >= name) {
            return word == name;
        }
    }
    return false;
}

} // namespace

std::vector<std::pair<std::string_view, std::string_view>> const& SourceNames::Data::by_name() {
    if (by_name_.empty()) {
        auto rest = files.text();
        while (!rest.empty()) {
            auto names = take_field(rest, '\n');
            auto const file_name = take_field(names);
            while (!names.empty()) {
                by_name_.emplace_back(take_field(names, ' '), file_name);
            }
        }
        std::sort(by_name_.begin(), by_name_.end());
    }
    return by_name_;
}

SourceNames::SourceNames(std::shared_ptr<Data> data) : data_(std::move(data)) {}

std::variant<SourceNames, Diagnostic> SourceNames::load(std::string const& model_dir,
                                                        std::string_view series) {
    auto const path = fmt::format("{}/sources/linux-{}.names", model_dir, series);
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        return Diagnostic{
            Severity::error,
            {path, 0, 0},
            fmt::format("there is no list of names for the series \"{}\"", series),
            "",
            fmt::format("there are {}", fmt::join(list_source_series(model_dir), ", "))};
    }
    auto opened = MappedFile::open(path);
    if (auto* diagnostic = std::get_if<Diagnostic>(&opened)) {
        return *diagnostic;
    }
    auto data = std::make_shared<Data>();
    data->file = std::get<MappedFile>(std::move(opened));
    data->series = series;
    std::string_view rest = data->file.text();
    while (rest.starts_with('#')) {
        auto line = take_field(rest, '\n');
        if (line.find("linux-source-") != std::string_view::npos) {
            line.remove_prefix(line.find("linux-source-"));
            take_field(line, ' ');
            data->version = take_field(line, ' ');
        }
    }
    data->files = SortedLines(rest);
    return SourceNames(std::move(data));
}

std::string_view SourceNames::series() const {
    return data_->series;
}

std::string_view SourceNames::version() const {
    return data_->version;
}

bool SourceNames::defines(std::string_view file, std::string_view name) const {
    auto const names = first_names(data_->files.equal(file));
    return has_word(names, name) || has_word(names, listed_name(name));
}

bool SourceNames::knows(std::string_view name) const {
    return !files_of(name).empty();
}

bool SourceNames::has_file(std::string_view file) const {
    return !data_->files.equal(file).empty();
}

std::vector<std::string_view> SourceNames::files_of(std::string_view name) const {
    std::vector<std::string_view> files;
    auto const& by_name = data_->by_name();
    auto const collect = [&](std::string_view wanted) {
        auto at = std::lower_bound(
            by_name.begin(), by_name.end(), wanted,
            [](auto const& entry, std::string_view key) { return entry.first < key; });
        for (; at != by_name.end() && at->first == wanted; ++at) {
            files.push_back(at->second);
        }
    };
    collect(name);
    if (files.empty()) {
        collect(listed_name(name));
    }
    return files;
}

std::vector<std::string_view> SourceNames::names_in(std::string_view file) const {
    std::vector<std::string_view> names;
    auto rest = first_names(data_->files.equal(file));
    while (!rest.empty()) {
        names.push_back(take_field(rest, ' '));
    }
    return names;
}

std::vector<std::string_view> SourceNames::files() const {
    std::vector<std::string_view> all;
    auto rest = data_->files.text();
    while (!rest.empty()) {
        all.push_back(key_of(take_field(rest, '\n')));
    }
    return all;
}

std::string_view home_of(SourceNames const& names, std::string_view function) {
    auto const files = names.files_of(function);
    if (files.size() == 1) {
        return files.front();
    }
    auto const is_c = [](std::string_view file) { return file.ends_with(".c"); };
    return std::ranges::count_if(files, is_c) == 1 ? *std::ranges::find_if(files, is_c)
                                                   : std::string_view();
}

std::vector<std::string> list_source_series(std::string const& model_dir) {
    constexpr std::string_view begin = "linux-";
    constexpr std::string_view end = ".names";
    std::vector<std::pair<KernelVersion, std::string>> found;
    std::error_code error;
    for (auto const& entry : std::filesystem::directory_iterator(model_dir + "/sources", error)) {
        auto const name = entry.path().filename().string();
        if (name.starts_with(begin) && name.ends_with(end)) {
            auto const series = name.substr(begin.size(), name.size() - begin.size() - end.size());
            if (auto const version = parse_version(series)) {
                found.emplace_back(*version, series);
            }
        }
    }
    std::sort(found.begin(), found.end());
    std::vector<std::string> series;
    for (auto& [version, text] : found) {
        series.push_back(std::move(text));
    }
    return series;
}

} // namespace kflow::build
