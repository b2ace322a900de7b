#include "sim/check/learned_profile.hpp"

#include "sim/base/text_file.hpp"
#include "sim/check/folded_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace kflow::check {

namespace {

/// `CALLS/CAPTURES`; nothing if it is not that.
std::optional<Sightings> parse_sightings(std::string_view text) {
    auto const seen = number_pair<std::size_t>(text, '/');
    return seen ? std::optional(Sightings{seen->first, seen->second}) : std::nullopt;
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

std::string sightings_text(Sightings const& seen) {
    return fmt::format("{}/{}", seen.calls, seen.captures);
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
            auto const seen = parse_sightings(line.text.substr(4, space - 4));
            auto const list = unfold(rest);
            if (!seen || !list || !function) {
                return wrong("`CALLS/CAPTURES CHILD …` below a function");
            }
            function->lists.emplace(*list, *seen);
        } else if (line.text.starts_with("capture ")) {
            profile.captures_.emplace_back(rest);
        } else {
            auto const seen = parse_sightings(rest);
            if (!seen) {
                return wrong("`FUNCTION CALLS/CAPTURES`");
            }
            function = &profile.functions_[trace::Name(line.text.substr(0, space))];
            function->all = *seen;
        }
    }
    std::sort(profile.captures_.begin(), profile.captures_.end());
    return profile;
}

std::variant<std::optional<LearnedProfile>, Diagnostic>
LearnedProfile::load(std::string const& model_dir, std::string_view build) {
    return read_if_there<LearnedProfile>(fmt::format("{}/builds/{}/learned", model_dir, build));
}

bool LearnedProfile::has(std::string_view capture) const {
    return std::binary_search(captures_.begin(), captures_.end(), capture);
}

void LearnedProfile::add(std::string const& capture, std::vector<SeenCall> const& calls) {
    captures_.insert(std::lower_bound(captures_.begin(), captures_.end(), capture), capture);
    std::set<Sightings*> here;
    auto const count = [&](Sightings& seen, std::size_t times) {
        seen.calls += times;
        seen.captures += here.insert(&seen).second ? 1 : 0;
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
    for (auto const& capture : captures_) {
        text += fmt::format("capture {}\n", capture);
    }
    for (auto const& [symbol, function] : functions_) {
        text += fmt::format("\n{} {}\n", symbol.view(), sightings_text(function.all));
        std::vector<std::pair<ChildList const*, Sightings>> lists;
        for (auto const& [list, seen] : function.lists) {
            lists.emplace_back(&list, seen);
        }
        std::stable_sort(lists.begin(), lists.end(), [](auto const& a, auto const& b) {
            return a.second.calls > b.second.calls;
        });
        for (auto const& [list, seen] : lists) {
            text += fmt::format("    {} {}\n", sightings_text(seen), fold(*list));
        }
    }
    return text;
}

LearnedFunction const* LearnedProfile::function(trace::Name symbol) const {
    auto const found = functions_.find(symbol);
    return found == functions_.end() ? nullptr : &found->second;
}

} // namespace kflow::check
