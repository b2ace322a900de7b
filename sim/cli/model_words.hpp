#pragma once
// Whether the model and the machine know the same words. The model declares effects, collections
// and conditions, the machine implements them (sim/kernel/registry.hpp): a word of one side alone
// is a gap.

#include "sim/base/diagnostic.hpp"
#include "sim/model/model.hpp"

#include <vector>

namespace kflow::cli {

/// Warnings, by file and line; then, without a place, words that the machine has and no file
/// declares.
std::vector<Diagnostic> compare_words(model::Model const& model);

} // namespace kflow::cli
