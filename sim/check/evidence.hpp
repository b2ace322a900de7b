#pragma once
// What a capture tells about the guards of the model: the second implementation of kernel::Facts.
//
// Nothing here is a guess. A rule (evidence_rules.cpp) answers yes or no where the capture's own
// events or calls say so, and unknown otherwise.

#include "sim/build/build_facts.hpp"
#include "sim/check/forest.hpp"
#include "sim/check/history.hpp"
#include "sim/kernel/facts.hpp"
#include "sim/model/ir.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::check {

/// The roles of a call that asks.
class CallScope : public kernel::RoleScope {
public:
    /// The call whose body asks: an index of the forest.
    virtual CallIndex call() const = 0;
    /// The call that `role` is a place of; kNoCall if it is a task or unknown.
    virtual CallIndex place(model::RoleId role) const = 0;
};

/// Handles of the objects that roles stand for.
namespace object {
enum class Kind : std::uint8_t { none, task, place, fresh };
kernel::ObjectId task(std::int32_t pid, std::uint32_t life);
kernel::ObjectId place(std::uint32_t number);
kernel::ObjectId fresh(std::uint32_t number);
Kind kind(kernel::ObjectId id);
std::uint32_t born(kernel::ObjectId id);   ///< of a task: where its life begins, to 28 bits
std::uint32_t number(kernel::ObjectId id); ///< of a place or a fresh thing; a task's pid
} // namespace object

class Evidence;

/// A question as a rule sees it.
struct Question {
    Evidence const& evidence;
    CallIndex call = kNoCall;
    CallScope const& scope;
    model::GuardId guard = model::kNone<model::GuardId>;
    std::uint64_t parameter = 0; ///< of the rule: a clone flag …
};

using Rule = kernel::Answer (*)(Question const&);

class Evidence final : public kernel::Facts {
public:
    using Names = std::set<std::string, std::less<>>;

    /// Of one window of a capture. `functions`: that were called so far, in it too. All must
    /// outlive it.
    Evidence(model::Program const& program, build::BuildFacts const& facts,
             trace::EventWindow const& events, Forest const& forest, History const& history,
             Names const& functions);

    /// `roles` must be a CallScope.
    kernel::Answer answer(model::GuardId guard, kernel::RoleScope const& roles) const override;
    std::optional<std::uint64_t> count(model::CollectionId collection,
                                       kernel::RoleScope const& roles) const override;
    /// Whether any rule knows this guard.
    bool has_rule(model::GuardId guard) const;

    model::Program const& program;
    trace::EventWindow const& events;
    Forest const& forest;
    History const& history;

    // What rules ask.

    /// The nearest call of `function` around (and including) the call; kNoCall if there is none.
    CallIndex around(CallIndex call, std::string_view function) const;
    /// The outermost call around it.
    CallIndex root(CallIndex call) const;
    /// Whether the window shows that the call's task enters the kernel once more behind it.
    bool enters_again(CallIndex call) const;
    /// The first event of that name by the call's task inside the call; null if there is none.
    trace::TraceEvent const* event_inside(CallIndex call, std::string_view name) const;
    /// All of them.
    std::vector<trace::TraceEvent const*> events_inside(CallIndex call,
                                                        std::string_view name) const;
    /// Whether a call of `function` (without suffix) lies inside the call, at any depth.
    bool calls_inside(CallIndex call, std::string_view function) const;
    /// The window's calls of `do_wait` by the tasks with that number, in order.
    std::vector<CallIndex> const& waits_of(std::int32_t pid) const;
    /// Whether the capture shows a call of that function (without suffix) anywhere.
    bool has_call(std::string_view function) const { return functions_.contains(function); }
    /// Whether the capture shows events of that name.
    bool shows(std::string_view event) const { return history.event_names().contains(event); }
    /// The running task of a call at its entry, and how it stands.
    std::int32_t pid_of(CallIndex call) const;
    Life const* life_of(CallIndex call) const;

private:
    struct Known {
        Rule rule = nullptr;
        std::uint64_t parameter = 0;
    };
    build::BuildFacts const& facts_;
    Names const& functions_;
    std::map<std::int32_t, std::vector<CallIndex>> waits_; ///< by task
    std::vector<Known> rules_;                             ///< for each guard
};

/// The rule for a guard's name; null if nobody wrote one. `parameter` is set for it.
Rule rule_for(std::string_view guard, std::uint64_t& parameter);

} // namespace kflow::check
