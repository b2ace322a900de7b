#pragma once
// What a lecture shows of one step: the flow text with the current line, the kernel stack, the
// tasks, the log so far and the reason.

#include "sim/scenario/step_through.hpp"
#include "sim/view/language.hpp"

#include <string>

namespace kflow::view {

struct ScreenOptions {
    Language language = Language::english;
    int source_lines = 9; ///< of the flow text, the current line in the middle
    int log_lines = 6;    ///< the newest lines of the log
};

/// Plain text, lines of at most 100 columns where names allow, a newline at the end.
std::string step_screen(scenario::StepThrough const& steps, ScreenOptions const& options);

} // namespace kflow::view
