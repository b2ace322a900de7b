#pragma once
// What a capture says of a scenario's tasks, item by item, and which of its tasks are the
// scenario's.

#include "sim/engine/program.hpp"
#include "sim/model/ir.hpp"
#include "sim/trace/capture.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::check {

/// What can be compared: functions that the model has a body for and the capture names, events that
/// the capture has. An event that never occurs in a capture was not enabled as far as anybody can
/// tell.
struct Visible {
    std::set<trace::Name> functions;
    std::set<trace::Name> events;
    bool wakings = false; ///< sched_waking: who wakes whom, and when timers were due
};

/// One record of a task.
struct CaptureItem {
    enum class Kind : std::uint8_t {
        function, ///< a function's entry: compared
        event,    ///< an event of the task's own doing: compared
        sleeps,   ///< a voluntary sched_switch: it steers
        dies,     ///< the last sched_switch of a dead task: the run's does nothing more either
        wakes,    ///< sched_waking by the task itself, not by an interrupt: it steers
        expires,  ///< sched_waking of the task in an interrupt: a timer of its, if it has one: it
                  ///< steers
    };
    Kind kind = Kind::function;
    std::int32_t pid = 0;
    std::int32_t other = 0; ///< wakes: whom
    trace::Name name;       ///< of the function or event
    trace::Name comm;       ///< of the task, as the capture names it
    trace::Name caller;     ///< of a function, where the capture has it
    trace::TraceEvent const* event = nullptr;
    std::uint32_t line = 0;
    std::optional<Nanos>
        time; ///< sleeps: before which its timer did not start, where a graph tells
};

/// From the item `from` on two tasks go by each other's numbers: a thread called exec and has its
/// leader's.
struct ExchangedNumbers {
    std::size_t from = 0;
    std::int32_t leader = 0;
    std::int32_t thread = 0;
};

struct CaptureItems {
    Visible visible;
    std::vector<CaptureItem> items;
    std::vector<ExchangedNumbers> exchanges; ///< by `from`
    std::size_t forks = 0;
    trace::TraceFormat format;
};

/// Events that a task does itself and that a run must repeat one by one. The others depend on the
/// scheduler, RCU or interrupts.
bool is_compared_event(std::string_view name);

/// The items of all tasks in the capture's order, without what interrupts did. The capture must
/// outlive them.
CaptureItems list_items(trace::Capture const& capture, model::Program const& program);

/// A capture's task that runs one of the scenario's programs.
struct Root {
    std::int32_t pid = 0;
    std::size_t from = 0; ///< its items from here on belong to the program
};

/// The last part of a path, without `.bin`: a program's file may be called so.
std::string_view program_name(std::string_view path);

/// Whether the capture shows that this program began.
bool begins(CaptureItems const& capture, engine::World const& world, int program);

/// Which task of the capture runs which program of the world, by sched_process_exec. A program that
/// plays a person at a terminal (it types) stands for nobody. One that another program starts is
/// looked for among that one's children. Where its starter is not in the capture, one that the
/// person starts is the first of its name that nobody in the capture forked; another one is
/// identified only if it starts nothing itself. Where none was seen to begin, the first program is
/// the first task of its name: it ran already, or the capture is a run of kflow's own.
std::map<int, Root> find_roots(CaptureItems const& capture, engine::World const& world, int start);

} // namespace kflow::check
