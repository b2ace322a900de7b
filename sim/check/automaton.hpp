#pragma once
// What one function may show in one build: an automaton over the calls that a tracer sees.
//
// Made from the function's body: what the mask says is inlined or not traced is expanded in place,
// guards stand on edges that read nothing, failure of a call is a choice of two ways. Nothing of a
// capture is in it, so one automaton serves every call of the function.

#include "sim/check/alphabet.hpp"
#include "sim/check/mask.hpp"
#include "sim/model/ir.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kflow::check {

using NodeIndex = std::uint32_t;
using KeyIndex = std::uint32_t;
using FrameIndex = std::uint32_t;
using ScopeIndex = std::uint32_t;
using StepIndex = std::uint32_t;
using LoopIndex = std::uint32_t;
using OpenCallIndex = std::uint32_t;

inline constexpr KeyIndex kNoKey = ~std::uint32_t{0};
inline constexpr LoopIndex kNoLoop = ~std::uint32_t{0};
inline constexpr OpenCallIndex kNoOpenCall = ~std::uint32_t{0};

/// How a call can end, as a set.
enum Outcome : std::uint8_t {
    kSucceeded = 1,
    kFailed = 2,
    kNoReturn = 4,
    kAnyOutcome = 7,
};

/// A role's object as far as the function's own text tells.
struct Reference {
    enum class Kind : std::uint8_t {
        outer,   ///< what the function's callers bound `role` to
        local,   ///< a place of the frame `frame`, unless the callers bound `role`
        member,  ///< what `each` of `frame` runs over at present
        current, ///< the running task
    } kind = Kind::outer;
    model::RoleId role = model::kNone<model::RoleId>;
    FrameIndex frame = 0;
    auto operator<=>(Reference const&) const = default;
};

/// A guard that the automaton asks, with the object it is asked about. All edges with the same key
/// have the same answer (until a `forget`).
struct Key {
    model::GuardId guard = model::kNone<model::GuardId>;
    model::GuardScope scope = model::GuardScope::call;
    FrameIndex frame = 0;                ///< scope call: the expanded call that asks
    std::vector<model::Binding> binding; ///< scope call: what the question binds
    Reference object;                    ///< scope role
    ScopeIndex asker = 0; ///< what the first asker's roles stand for, its bindings applied
    model::Pc pc = 0;     ///< of the first asker
    bool operator==(Key const&) const = default;
};

/// What an edge is to the rounds of an `each`.
enum class LoopMove : std::uint8_t {
    none,
    begin, ///< none is done yet
    round, ///< to the next member
    end,   ///< there is none left
};

/// An `each`, in one of the places that it is expanded to.
struct Loop {
    model::CollectionId collection = model::kNone<model::CollectionId>;
    ScopeIndex asker = 0; ///< what the roles stand for, the statement's own bindings applied
    model::FunctionId function = model::kNone<model::FunctionId>; ///< whose text it is
    model::Pc pc = 0;                                             ///< of its each_next
};

/// A call of the source of which the mask leaves open whether it is inlined (Shown::open).
struct OpenCall {
    model::FunctionId caller = model::kNone<model::FunctionId>; ///< whose text it is
    model::FunctionId callee = model::kNone<model::FunctionId>;
    model::FunctionId outer = model::kNone<model::FunctionId>; ///< whose code holds that text
    auto operator<=>(OpenCall const&) const = default;
};

/// An edge that reads nothing; with a key, only where the guard's answer is `value`; with `unless`,
/// only where the capture does not show that symbol whenever it happens; with a loop, as a move of
/// its rounds.
struct Choice {
    NodeIndex to = 0;
    KeyIndex key = kNoKey;
    bool value = false;
    Symbol unless = kNoSymbol;
    LoopIndex loop = kNoLoop;
    LoopMove move = LoopMove::none;
    OpenCallIndex inlines = kNoOpenCall; ///< it takes this call for inlined
    auto operator<=>(Choice const&) const = default;
};

/// An edge that reads one visible call (or event).
struct Step {
    Symbol symbol = kNoSymbol;
    NodeIndex to = 0;
    std::uint8_t outcomes = kAnyOutcome;                        ///< how the call must have ended
    model::FunctionId callee = model::kNone<model::FunctionId>; ///< none: an event
    model::FunctionId caller = model::kNone<model::FunctionId>; ///< whose text it is
    model::Pc pc = 0;
    ScopeIndex scope = 0;              ///< what the callee's roles stand for
    OpenCallIndex calls = kNoOpenCall; ///< it takes this call for a call
    auto operator<=>(Step const&) const = default;
};

/// role → object, sorted by role: what a frame's call bound. Roles that are not in it are the
/// caller's.
using Scope = std::vector<std::pair<model::RoleId, Reference>>;

struct Node {
    std::vector<Choice> choices;
    std::vector<Step> steps;
    std::uint8_t ends = 0;         ///< set of Outcome: the function may end here, that way
    bool blocks = false;           ///< a `wait`, or what it stands for: the task may sleep here
    std::vector<KeyIndex> forgets; ///< answers that are void once the node is entered
    std::uint32_t maybe = 0;       ///< 1 + reason, if its choices are a `maybe`'s
};

struct Automaton {
    model::FunctionId function = model::kNone<model::FunctionId>;
    std::vector<Node> nodes; ///< nodes[0] is the start
    std::vector<Key> keys;
    std::vector<Scope> scopes;
    std::vector<Loop> loops; ///< those whose rounds can show something
    std::vector<OpenCall> open_calls;
    /// For each node, the keys that some edge behind it asks before they are forgotten: one bit a
    /// key, `words` 64-bit words a node.
    std::vector<std::uint64_t> live;
    std::size_t words = 0;
    /// Calls that were not expanded, because the expansion went too deep.
    std::vector<std::string> cut;
    bool too_large = false; ///< given up: what is there is not the whole

    bool is_live(NodeIndex node, KeyIndex key) const {
        return live[node * words + key / 64] >> (key % 64) & 1;
    }
};

/// do_exit() as 7.2 shows it has some 5,000; more than this is a projection that went too far.
inline constexpr std::size_t kMostNodes = 400000;

/// Compiles the body of `function`, which must have one. `root` is the bound on the depth of
/// expansion. With more than kMostNodes it is given up, and too_large.
Automaton compile(model::Program const& program, Mask const& mask, Alphabet& alphabet,
                  model::FunctionId function);

/// Merges nodes that read the same, drops guards that decide nothing, and says which keys are live
/// where.
void simplify(Automaton& automaton);

} // namespace kflow::check
