#include "sim/view/difference_words.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kflow::view {

namespace {

constexpr std::size_t kMostNames = 3;

} // namespace

std::string DifferenceWords::doc(model::Doc const& doc) const {
    auto const text = korean_ ? doc.korean : doc.english;
    return std::string(text.substr(0, text.find('\n')));
}

std::string DifferenceWords::names(std::vector<std::string> const& all) const {
    auto const shown = static_cast<std::ptrdiff_t>(std::min(all.size(), kMostNames));
    auto text = fmt::format("{}", fmt::join(all.begin(), all.begin() + shown, ", "));
    if (all.size() > kMostNames) {
        text +=
            fmt::format(fmt::runtime((*this)(" and {} more", " 외 {}개")), all.size() - kMostNames);
    }
    return text;
}

} // namespace kflow::view
