#include "sim/check/learned_profile.hpp"

#include "sim/base/text_file.hpp"
#include "sim/check/folded_list.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kflow::check {

namespace {

/// What `CALLS/NUMBERS` says: numbers of captures, each or from `A-B`.
struct Seen {
    std::size_t calls = 0;
    std::vector<std::size_t> captures;
};

/// Adds the numbers of `7` or `3-9`, if they are below `end`. Whether they are.
bool add_numbers(std::string_view text, std::size_t end, std::vector<std::size_t>& numbers) {
    auto const one = whole_number<std::size_t>(text);
    auto const range =
        one ? std::optional(std::pair(*one, *one)) : number_pair<std::size_t>(text, '-');
    if (!range || range->first < 1 || range->first > range->second || range->second > end) {
        return false;
    }
    for (auto number = range->first; number <= range->second; ++number) {
        numbers.push_back(number - 1);
    }
    return true;
}

std::optional<Seen> parse_seen(std::string_view text, std::size_t captures) {
    auto const slash = std::min(text.find('/'), text.size());
    auto const calls = whole_number<std::size_t>(text.substr(0, slash));
    text.remove_prefix(std::min(slash + 1, text.size()));
    if (!calls || text.empty()) {
        return std::nullopt;
    }
    Seen seen{*calls, {}};
    while (!text.empty()) {
        auto const end = std::min(text.find(','), text.size());
        if (!add_numbers(text.substr(0, end), captures, seen.captures)) {
            return std::nullopt;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return seen;
}

/// Captures of one program are named PROGRAM.….
std::string program_of(std::string const& capture) {
    return capture.substr(0, capture.find('.'));
}

/// `1-3,7`
std::string numbers_text(std::vector<std::size_t> const& numbers) {
    std::string text;
    for (std::size_t i = 0; i < numbers.size();) {
        auto last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) {
            ++last;
        }
        text += fmt::format("{}{}", text.empty() ? "" : ",", numbers[i]);
        text += last > i ? fmt::format("-{}", numbers[last]) : std::string();
        i = last + 1;
    }
    return text;
}

struct Line {
    std::string_view text;
    int number = 0;
};

std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    for (int number = 1; !text.empty(); ++number) {
        auto const end = std::min(text.find('\n'), text.size());
        lines.push_back({text.substr(0, end), number});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

} // namespace

std::variant<LearnedProfile, Diagnostic> LearnedProfile::from_text(std::string_view text,
                                                                   std::string const& file) {
    LearnedProfile profile;
    LearnedFunction* function = nullptr;
    for (auto const& line : lines_of(text)) {
        auto const wrong = [&](std::string_view expected) {
            return not_as_expected(file, line.number, line.text, std::string(expected),
                                   "make the file again with `kflow learn`");
        };
        auto const space = line.text.find(' ', line.text.starts_with("    ") ? 4 : 0);
        auto const rest = space == std::string_view::npos ? "" : line.text.substr(space + 1);
        if (line.text.empty() || line.text.starts_with('#')) {
            continue;
        }
        if (line.text.starts_with("    ")) {
            auto const seen = parse_seen(line.text.substr(4, space - 4), profile.captures_.size());
            auto const list = unfold(rest);
            if (!seen || !list || !function) {
                return wrong("`CALLS/CAPTURES CHILD …` below a function");
            }
            for (auto* const to : {&function->all, &function->lists[*list]}) {
                to->calls += seen->calls;
                for (auto const capture : seen->captures) {
                    to->captures.add(capture);
                    to->programs.add(profile.program_of_[capture]);
                }
            }
        } else if (line.text.starts_with("capture ")) {
            profile.number_of(std::string(rest));
        } else {
            if (!number_pair<std::size_t>(rest, '/')) {
                return wrong("`FUNCTION CALLS/CAPTURES`");
            }
            function = &profile.functions_[trace::Name(line.text.substr(0, space))];
        }
    }
    return profile;
}

std::variant<std::optional<LearnedProfile>, Diagnostic>
LearnedProfile::load(std::string const& model_dir, std::string_view build) {
    return read_if_there<LearnedProfile>(fmt::format("{}/builds/{}/learned", model_dir, build));
}

bool LearnedProfile::has(std::string_view capture) const {
    return std::ranges::find(captures_, capture) != captures_.end();
}

/// Of a capture, which is taken in if it is new.
std::size_t LearnedProfile::number_of(std::string const& capture) {
    auto const known = std::ranges::find(captures_, capture);
    if (known != captures_.end()) {
        return static_cast<std::size_t>(known - captures_.begin());
    }
    auto const program = program_of(capture);
    auto const of = std::ranges::find(programs_, program);
    program_of_.push_back(static_cast<std::size_t>(of - programs_.begin()));
    if (of == programs_.end()) {
        programs_.push_back(program);
    }
    captures_.push_back(capture);
    return captures_.size() - 1;
}

void LearnedProfile::add(std::string const& capture, std::vector<SeenCall> const& calls) {
    auto const number = number_of(capture);
    auto const count = [&](Sightings& seen, std::size_t times) {
        seen.calls += times;
        seen.captures.add(number);
        seen.programs.add(program_of_[number]);
    };
    for (auto const& call : calls) {
        auto& function = functions_[call.symbol];
        count(function.all, call.times);
        count(function.lists[call.children], call.times);
    }
}

std::string LearnedProfile::text(std::string_view build) const {
    auto text = fmt::format("# What {} was seen to do: made by kflow learn, explained in "
                            "docs/LEARN.md.\n",
                            build);
    auto sorted = captures_;
    std::ranges::sort(sorted);
    for (auto const& capture : sorted) {
        text += fmt::format("capture {}\n", capture);
    }
    std::vector<std::size_t> lines; // Of each capture.
    for (auto const& capture : captures_) {
        auto const at = std::ranges::lower_bound(sorted, capture);
        lines.push_back(static_cast<std::size_t>(at - sorted.begin()) + 1);
    }
    auto const numbers = [&](NumberSet const& captures) {
        auto all = captures.numbers();
        std::ranges::transform(all, all.begin(), [&](auto capture) { return lines[capture]; });
        std::ranges::sort(all);
        return numbers_text(all);
    };
    for (auto const& [symbol, function] : functions_) {
        text += fmt::format("\n{} {}/{}\n", symbol.view(), function.all.calls,
                            function.all.captures.size());
        std::vector<std::pair<ChildList const*, Sightings const*>> lists;
        for (auto const& [list, seen] : function.lists) {
            lists.emplace_back(&list, &seen);
        }
        std::ranges::stable_sort(
            lists, [](auto const& a, auto const& b) { return a.second->calls > b.second->calls; });
        for (auto const& [list, seen] : lists) {
            text +=
                fmt::format("    {}/{} {}\n", seen->calls, numbers(seen->captures), fold(*list));
        }
    }
    return text;
}

LearnedFunction const* LearnedProfile::function(trace::Name symbol) const {
    auto const found = functions_.find(symbol);
    return found == functions_.end() ? nullptr : &found->second;
}

} // namespace kflow::check
