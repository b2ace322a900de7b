#pragma once
// What two kernel builds make different, in words.

#include "sim/model/build_difference.hpp"
#include "sim/view/difference_report.hpp"
#include "sim/view/language.hpp"

#include <string>

namespace kflow::view {

/// What is compared with what: names for titles and columns.
struct ComparedNames {
    std::string first;
    std::string second;
    std::string below; ///< the function that it begins at; empty: everything
};

/// "debian-6.1-arm64 → debian-7.2-arm64, below kernel_clone".
std::string title_of(ComparedNames const& names, Language language);

DifferenceReport report_of(model::BuildDifference const& difference, ComparedNames const& names,
                           Language language);

} // namespace kflow::view
