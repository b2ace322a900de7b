#pragma once
// Whether what a run did is what a capture shows: names one by one, fields by their class.

#include "sim/check/schedule_items.hpp"
#include "sim/kernel/object.hpp"
#include "sim/trace/event.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kflow::check {

/// A function's entry or an event that the machine made.
struct MadeItem {
    bool is_event = false;
    trace::Name name;
    trace::Name caller;
    trace::TraceEvent event;
    kernel::TaskId child = kernel::kNobody<kernel::TaskId>; ///< that a fork or clone made
    std::string model_file;                                 ///< below model/
    std::uint32_t model_line = 0;
    std::string stack; ///< innermost first, for people
};

/// Tasks of the capture and of the machine that stand for each other. Tasks outside of it (init,
/// the shell that starts everything) are alike.
class Counterparts {
public:
    void bind(std::int32_t captured, std::int32_t machine) {
        machine_[captured] = machine;
        captured_[machine] = captured;
    }
    bool knows_captured(std::int32_t pid) const { return machine_.contains(pid); }
    bool knows_machine(std::int32_t pid) const { return captured_.contains(pid); }
    /// Both stand for each other, or both are outside.
    bool agree(std::int32_t captured, std::int32_t machine) const;

private:
    std::map<std::int32_t, std::int32_t> machine_;
    std::map<std::int32_t, std::int32_t> captured_;
};

/// Why they are not the same; nothing if they are. A child that both show for the first time is
/// bound.
std::optional<std::string> difference(CaptureItem const& captured, MadeItem const& made,
                                      Counterparts& tasks);

} // namespace kflow::check
