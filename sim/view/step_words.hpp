#pragma once
// The words of the step screen, in each language.

#include "sim/engine/observer.hpp"
#include "sim/view/language.hpp"

#include <string>
#include <string_view>

namespace kflow::view {

struct StepWords {
    std::string_view stack;
    std::string_view tasks;
    std::string_view log;
    std::string_view why;
    std::string_view parent;
    std::string_view in; ///< a system call
    std::string_view yes;
    std::string_view no;
    std::string_view called_at;
    std::string_view more;     ///< "{} more"
    std::string_view frame[4]; ///< behind a frame, by kernel::Frame::show
};

StepWords const& step_words(Language language);

/// What a step is: "call kernel_clone", "clone_vfork? no".
std::string step_text(engine::StepKind kind, std::string_view name, bool yes, std::int64_t result,
                      Language language);

} // namespace kflow::view
