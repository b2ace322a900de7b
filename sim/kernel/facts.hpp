#pragma once
// The one interface behind the flow language's guards: who runs the model asks the Machine, who
// checks a capture asks the Evidence. Both see the same question: a guard, and what the asking
// frame's roles stand for.

#include "sim/model/ir.hpp"

#include <compare>
#include <cstdint>
#include <optional>

namespace kflow::kernel {

/// What a guard can be answered with. `unknown` is for a checker: nothing in the capture tells.
enum class Answer : std::uint8_t { no, yes, unknown };

constexpr Answer to_answer(bool holds) {
    return holds ? Answer::yes : Answer::no;
}

/// The thing behind a role: a task, an mm_struct, the arguments of a clone … What the number means
/// is the answering side's own matter (an id of the Machine, a place of the capture); equal numbers
/// are the same thing. 0 is no thing at all.
struct ObjectId {
    std::uint64_t value = 0;
    auto operator<=>(ObjectId const&) const = default;
};

/// What the frame that asks calls by a role's name, the question's own bindings applied.
class RoleScope {
public:
    virtual ~RoleScope() = default;
    /// Never fails: a role that nobody bound is an object nobody else knows, or 0.
    virtual ObjectId object(model::RoleId role) const = 0;
};

class Facts {
public:
    virtual ~Facts() = default;
    /// Whether the guard holds for what `roles` says.
    virtual Answer answer(model::GuardId guard, RoleScope const& roles) const = 0;
    /// How many members `each` would run over; nothing where that is unknown.
    virtual std::optional<std::uint64_t> count(model::CollectionId collection,
                                               RoleScope const& roles) const = 0;
};

} // namespace kflow::kernel
