#include "sim/check/folded_list.hpp"

#include <algorithm>
#include <charconv>

namespace kflow::check {

namespace {

/// What repeats is seldom longer: one round of a loop.
constexpr std::size_t kLongestRound = 16;

struct Repeat {
    std::size_t length = 1; ///< of one round
    std::size_t rounds = 1;
    std::size_t saved() const { return (rounds - 1) * length; }
};

Repeat longest_repeat(ChildList const& list, std::size_t at) {
    Repeat best;
    for (std::size_t length = 1; length <= kLongestRound && at + 2 * length <= list.size();
         ++length) {
        Repeat found{length, 1};
        auto const round = list.begin() + static_cast<std::ptrdiff_t>(at);
        auto const span = static_cast<std::ptrdiff_t>(length);
        while (at + (found.rounds + 1) * length <= list.size() &&
               std::equal(round, round + span,
                          round + static_cast<std::ptrdiff_t>(found.rounds * length))) {
            ++found.rounds;
        }
        best = found.saved() > best.saved() ? found : best;
    }
    return best;
}

bool append_round(ChildList& list, std::string_view& text, std::size_t from) {
    auto const digits = text.substr(0, std::min(text.find(' '), text.size()));
    std::size_t rounds = 0;
    auto const parsed = std::from_chars(digits.data(), digits.data() + digits.size(), rounds);
    constexpr std::size_t most = 1'000'000;
    if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size() || rounds < 2 ||
        rounds > most || from == list.size()) {
        return false;
    }
    ChildList const round(list.begin() + static_cast<std::ptrdiff_t>(from), list.end());
    for (std::size_t i = 1; i < rounds; ++i) {
        list.insert(list.end(), round.begin(), round.end());
    }
    text.remove_prefix(digits.size());
    return true;
}

} // namespace

std::string fold(ChildList const& list) {
    std::string text;
    for (std::size_t at = 0; at < list.size();) {
        auto const repeat = longest_repeat(list, at);
        text += text.empty() ? "" : " ";
        text += repeat.rounds > 1 ? "(" : "";
        for (std::size_t i = 0; i < repeat.length; ++i) {
            text += i > 0 ? " " : "";
            text += list[at + i].view();
        }
        text += repeat.rounds > 1 ? ")*" + std::to_string(repeat.rounds) : "";
        at += repeat.length * repeat.rounds;
    }
    return text.empty() ? "-" : text;
}

std::optional<ChildList> unfold(std::string_view text) {
    ChildList list;
    if (text == "-") {
        return list;
    }
    std::optional<std::size_t> round; ///< where one begins
    while (!text.empty()) {
        if (text.front() == ' ') {
            text.remove_prefix(1);
        } else if (text.front() == '(' && !round) {
            round = list.size();
            text.remove_prefix(1);
        } else if (text.starts_with(")*") && round) {
            text.remove_prefix(2);
            if (!append_round(list, text, *round)) {
                return std::nullopt;
            }
            round.reset();
        } else {
            auto const end = std::min(text.find_first_of(" )("), text.size());
            if (end == 0) {
                return std::nullopt;
            }
            list.emplace_back(text.substr(0, end));
            text.remove_prefix(end);
        }
    }
    return round || list.empty() ? std::nullopt : std::optional(list);
}

} // namespace kflow::check
