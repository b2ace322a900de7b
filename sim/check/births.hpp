#pragma once
// Who is whose thread, and which signals a process may have been born with, as far as a capture
// showed the births.

#include "sim/check/sight.hpp"

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

namespace kflow::check {

class Births {
public:
    /// To be told of every event.
    void see(Sight const& sight);
    /// Records were lost.
    void forget() { born_with_.clear(); }

    /// A thread's process; the task itself where nothing else is known.
    Value group_of(Value const& task) const;
    bool is_seen(Value const& process) const;
    /// Of a process whose birth was seen: whether the signal came to its parent while it was being
    /// made (kernel/fork.c, multiprocess_signals). None is generated for it.
    bool may_have_come_with(Value const& process, Value const& signal) const;

private:
    void note_signal(trace::TraceEvent const& fields);
    void note_birth(Sight const& sight);
    void note_deed(Sight const& sight);
    std::vector<Value> came_meanwhile(Value const& parent, std::int32_t parent_pid) const;

    std::uint64_t count_ = 0; ///< events
    std::unordered_map<Value, Value, ValueHash> groups_;
    std::unordered_map<Value, std::vector<Value>, ValueHash> born_with_;
    /// Of each process and signal, at which event it came last.
    std::unordered_map<Value, std::map<std::int64_t, std::uint64_t>, ValueHash> generated_;
    std::unordered_map<std::int32_t, std::uint64_t> last_deed_; ///< of each task: at which event
};

} // namespace kflow::check
