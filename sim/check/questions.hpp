#pragma once
// What the bodies of a window's calls ask, and what is known of it: from events, and from what
// other calls show.

#include "sim/check/reading.hpp"
#include "sim/check/roles.hpp"
#include "sim/check/settle.hpp"
#include "sim/check/window_calls.hpp"

#include <deque>
#include <vector>

namespace kflow::check {

/// What is known about each key and each loop of a call's automaton.
struct Asked {
    Known known;
    std::vector<char> by_evidence; ///< of each key
    std::vector<kernel::ObjectId> objects;
    std::vector<std::size_t> open; ///< keys that another call may settle
    std::uint32_t when = 0;        ///< 0: never; else the clock of Questions then

    kernel::Answer answer(std::size_t key) const { return known.answers[key]; }
    /// With another answer to one key.
    Known known_with(std::size_t key, kernel::Answer answer) const;
};

/// Of one window. What it is made of must outlive it.
class Questions {
public:
    Questions(Evidence const& evidence, WindowCalls& calls, Reader& reader, AutomataCache& cache,
              Settled& settled);

    /// Lets the calls tell of each other, until none says anything new: how each ended, what they
    /// hand on to their children, and what only one answer to a guard explains.
    void settle();

    Asked const& ask(CallIndex call);

private:
    void find_outcomes();
    Asked ask_evidence(CallIndex call);
    bool can_settle(Key const& key) const;
    bool may_answer_anew(CallIndex call) const;
    std::uint32_t last_change(CallIndex call) const;
    void hear(CallIndex call);
    void vote(CallIndex call, Reading const& reading, Run const& run, Asked const& asked);
    bool is_forced(model::FunctionId function, Reading const& reading, Asked const& asked,
                   std::size_t key, bool yes);
    void bind_children(CallIndex call, Reading const& reading, Run const& run);
    Roles::Bound bound_by(CallIndex call, Automaton const& automaton,
                          std::vector<Run::Taken> const& taken, std::size_t letter);

    model::Program const& program_;
    Forest const& forest_;
    Evidence const& evidence_;
    WindowCalls& calls_;
    Reader& reader_;
    AutomataCache& cache_;
    Settled& settled_;
    Roles roles_;
    std::vector<std::uint32_t> asked_at_; ///< of each call: its place in asked_, or 0
    std::deque<Asked> asked_{1};
    std::vector<std::uint32_t> changed_;   ///< of each call: when something new was handed on to it
    std::uint32_t changes_ = 0;            ///< so far; a clock
    std::vector<model::GuardId> changing_; ///< by system calls of the capture
};

} // namespace kflow::check
