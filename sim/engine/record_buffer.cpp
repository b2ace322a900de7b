#include "sim/engine/record_buffer.hpp"

#include <algorithm>
#include <utility>

namespace kflow::engine {

using trace::Event;

RecordBuffer::Buffer& RecordBuffer::buffer_of(Event const& context) {
    auto const cpu = static_cast<std::size_t>(context.cpu->value);
    if (cpu >= buffers_.size()) {
        buffers_.resize(cpu + 1);
    }
    auto& buffer = buffers_[cpu];
    buffer.newest = std::max(buffer.newest, *context.time);
    return buffer;
}

void RecordBuffer::add(Event const& context, trace::GraphFunction function, std::int64_t duration,
                       Kind kind) {
    ++size_;
    auto& buffer = buffer_of(context);
    buffer.rows.push_back({buffer.newest, duration, function, context.pid->value,
                           context.tgid ? context.tgid->value : 0, context.depth,
                           context.flags.value_or(trace::ContextFlags()), kind});
}

void RecordBuffer::enter(Event const& context, trace::GraphFunction function) {
    add(context, function, 0, Kind::entry);
}

void RecordBuffer::leave(Event const& context, trace::GraphFunction function, Nanos duration) {
    auto& rows = buffer_of(context).rows;
    if (!rows.empty() && rows.back().kind == Kind::entry && rows.back().function == function &&
        rows.back().pid == context.pid->value) {
        ++size_;
        rows.back().kind = Kind::leaf;
        rows.back().duration = duration.count;
        return;
    }
    add(context, function, duration.count, Kind::exit);
}

void RecordBuffer::add(Event event) {
    add(event, {}, static_cast<std::int64_t>(others_.size()), Kind::other);
    others_.push_back(std::move(event));
}

void RecordBuffer::renumber(Cpu cpu, Pid from, Pid to, Nanos since) {
    auto& rows = buffers_.at(static_cast<std::size_t>(cpu.value)).rows;
    std::size_t at = rows.size();
    for (; at > 0 && rows[at - 1].time > since; --at) {
        if (rows[at - 1].pid == from.value && rows[at - 1].kind != Kind::other) {
            rows[at - 1].pid = to.value;
        }
    }
    if (at == 0) {
        return;
    }
    Row& last = rows[at - 1];
    Nanos const returns = last.time + Nanos{last.duration};
    if (last.kind == Kind::leaf && last.pid == from.value && returns > since) {
        Row exit = last;
        last.kind = Kind::entry;
        exit.kind = Kind::exit;
        exit.time = returns;
        exit.pid = to.value;
        rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(at), exit);
    }
}

void RecordBuffer::for_each(std::function<void(Event)> const& see) const {
    std::vector<std::size_t> next(buffers_.size(), 0);
    for (;;) {
        Row const* oldest = nullptr;
        std::size_t from = 0;
        for (std::size_t cpu = 0; cpu < buffers_.size(); ++cpu) {
            auto const& rows = buffers_[cpu].rows;
            if (next[cpu] < rows.size() && (!oldest || rows[next[cpu]].time < oldest->time)) {
                oldest = &rows[next[cpu]];
                from = cpu;
            }
        }
        if (!oldest) {
            return;
        }
        ++next[from];
        see(event(*oldest, Cpu{static_cast<std::int32_t>(from)}));
    }
}

Event RecordBuffer::event(Row const& row, Cpu cpu) const {
    if (row.kind == Kind::other) {
        auto event = others_[static_cast<std::size_t>(row.duration)];
        event.time = row.time;
        return event;
    }
    Event event;
    event.time = row.time;
    event.cpu = cpu;
    event.pid = Pid{row.pid};
    event.flags = row.flags;
    event.depth = row.depth;
    if (row.tgid != 0) {
        event.tgid = Pid{row.tgid};
    }
    auto const& function = row.function;
    Nanos const duration{row.duration};
    if (row.kind == Kind::entry) {
        event.payload = trace::GraphEntry{function, {}, {}};
    } else if (row.kind == Kind::leaf) {
        event.payload = trace::GraphLeaf{function, duration, {}, {}, {}};
    } else {
        trace::GraphExit exit;
        exit.function = function;
        exit.duration = duration;
        event.payload = exit;
    }
    return event;
}

} // namespace kflow::engine
