// The events file: blocks of `event SYSTEM NAME ID` with indented fields, then the options and the
// tracers.
#include "sim/build/build_data.hpp"

#include <algorithm>

namespace kflow::build {

namespace {

/// The name in a C declaration: the last identifier before any `[`, but for `__data_loc char[]
/// name`.
std::string_view declared_name(std::string_view declaration) {
    bool const is_dynamic = declaration.starts_with("__data_loc") || //
                            declaration.starts_with("__rel_loc");
    auto const end =
        is_dynamic ? declaration.size() : std::min(declaration.find('['), declaration.size());
    auto const start = declaration.substr(0, end).find_last_of(" *");
    return declaration.substr(start == std::string_view::npos ? 0 : start + 1,
                              end - (start == std::string_view::npos ? 0 : start + 1));
}

EventField parse_field(bool is_common, std::string_view rest) {
    EventField field;
    field.is_common = is_common;
    field.offset = static_cast<std::uint32_t>(parse_decimal(take_field(rest)));
    field.size = static_cast<std::uint32_t>(parse_decimal(take_field(rest)));
    field.is_signed = take_field(rest) == "1";
    field.declaration = rest;
    field.name = declared_name(rest);
    return field;
}

void add_words(std::string_view rest, std::vector<std::string_view>& words) {
    while (!rest.empty()) {
        words.push_back(take_field(rest, ' '));
    }
}

/// The kind of an indented line, which is taken off its front; empty if it is none of a block.
std::string_view take_kind(std::string_view& line) {
    line.remove_prefix(1);
    auto const kind = take_field(line);
    return kind == "common" || kind == "field" || kind == "print" ? kind : std::string_view();
}

EventFormat whole(EventsFile::Block const& block) {
    auto event = block.head;
    for (auto rest = block.lines; !rest.empty();) {
        auto line = take_field(rest, '\n');
        auto const kind = take_kind(line);
        if (kind == "print") {
            event.print_fmt = line;
        } else {
            event.fields.push_back(parse_field(kind == "common", line));
        }
    }
    return event;
}

} // namespace

std::optional<Diagnostic> parse_events(EventsFile& events, std::string const& path) {
    std::string_view rest = events.file.text();
    bool in_event = false;
    for (int number = 1; !rest.empty(); ++number) {
        auto const* const begin = rest.data();
        auto const line = take_field(rest, '\n');
        if (line.starts_with('\t')) {
            auto fields = line;
            if (in_event && take_kind(fields).empty()) {
                return Diagnostic{Severity::error,
                                  {path, number, 0},
                                  "expected a field or print line",
                                  std::string(line),
                                  "make it again with scripts/build-facts"};
            }
            if (in_event) {
                auto& lines = events.events.back().lines;
                auto const* const first = lines.empty() ? begin : lines.data();
                lines = {first, static_cast<std::size_t>(line.data() + line.size() - first)};
            }
            continue;
        }
        auto value = line;
        auto const key = take_field(value, ' ');
        in_event = key == "event";
        if (in_event) {
            EventFormat event;
            event.system = take_field(value, ' ');
            event.name = take_field(value, ' ');
            event.id = static_cast<std::uint32_t>(parse_decimal(value));
            events.events.push_back({std::move(event), {}});
        } else if (key == "options") {
            add_words(value, events.options);
        } else if (key == "tracers") {
            add_words(value, events.tracers);
        }
    }
    std::stable_sort(events.events.begin(), events.events.end(),
                     [](EventsFile::Block const& a, EventsFile::Block const& b) {
                         return std::tie(a.head.system, a.head.name) <
                                std::tie(b.head.system, b.head.name);
                     });
    return std::nullopt;
}

std::optional<EventFormat> BuildFacts::event(std::string_view system, std::string_view name) const {
    auto const& all = data_->events().events;
    auto const at = std::find_if(all.begin(), all.end(), [&](EventsFile::Block const& block) {
        return block.head.system == system && block.head.name == name;
    });
    return at == all.end() ? std::nullopt : std::optional(whole(*at));
}

std::vector<EventFormat> BuildFacts::events() const {
    std::vector<EventFormat> formats;
    for (auto const& block : data_->events().events) {
        formats.push_back(whole(block));
    }
    return formats;
}

std::vector<std::string_view> BuildFacts::trace_options() const {
    return data_->events().options;
}

std::vector<std::string_view> BuildFacts::tracers() const {
    return data_->events().tracers;
}

} // namespace kflow::build
