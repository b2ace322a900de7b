#pragma once
// What a lecture shows of one step: the flow text with the current line, the kernel stack, the
// tasks, the log so far and the reason.

#include "sim/scenario/step_through.hpp"
#include "sim/view/language.hpp"

#include <string>

namespace kflow::view {

struct ScreenOptions {
    Language language = Language::english;
    int width = 0;        ///< columns of the terminal: longer lines are cut; 0: none are
    int height = 0;       ///< lines of the terminal: what is least new gives way; 0: all is shown
    bool reverse = false; ///< shows the current line in reverse video (ECMA-48)
};

/// Text that ends in a newline.
std::string step_screen(scenario::StepThrough const& steps, ScreenOptions const& options);

} // namespace kflow::view
