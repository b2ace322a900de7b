#pragma once
// What a run's tracer recorded, one list a CPU, as the kernel's ring buffers have it. A call of
// function_graph takes some tens of bytes here, a trace::Event several hundred: runs at full depth
// make millions. Private to sim/engine.

#include "sim/trace/event.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace kflow::engine {

class RecordBuffer {
public:
    /// function_graph's entry of a function; of the event the context is taken, not the payload.
    void enter(trace::Event const& context, trace::GraphFunction function);
    /// Its return, so long behind its entry. As the next record of its CPU it makes the entry a
    /// leaf (get_return_for_leaf() of kernel/trace/trace_functions_graph.c).
    void leave(trace::Event const& context, trace::GraphFunction function, Nanos duration);
    /// Any other record.
    void add(trace::Event event);
    /// The calls and returns that a CPU records after `since` are of a task whose number is another
    /// by then. A leaf that returns after it is none any more, as its return has another number.
    void renumber(Cpu cpu, Pid from, Pid to, Nanos since);

    /// How many records there are: a leaf is two.
    std::size_t size() const { return size_; }

    /// Shows them in the order in which the reader takes them: the oldest of all CPUs, and of two
    /// that are as old that of the lower CPU (__find_next_entry). None is older than what its CPU
    /// recorded before.
    void for_each(std::function<void(trace::Event)> const& see) const;

private:
    enum class Kind : std::uint8_t { entry, leaf, exit, other };
    struct Row {
        Nanos time;
        std::int64_t duration = 0; ///< of a leaf or an exit; of another record its place in others_
        trace::GraphFunction function;
        std::int32_t pid = 0;
        std::int32_t tgid = 0; ///< 0: not recorded
        std::int32_t depth = 0;
        trace::ContextFlags flags;
        Kind kind = Kind::other;
    };
    struct Buffer {
        std::deque<Row> rows;
        Nanos newest;
    };

    Buffer& buffer_of(trace::Event const& context);
    void add(trace::Event const& context, trace::GraphFunction function, std::int64_t duration,
             Kind kind);
    trace::Event event(Row const& row, Cpu cpu) const;

    std::vector<Buffer> buffers_; ///< by CPU
    std::deque<trace::Event> others_;
    std::size_t size_ = 0;
};

} // namespace kflow::engine
