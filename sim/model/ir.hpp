#pragma once
// The flat intermediate form of the flow language for ONE build: what the engine interprets and the
// checker compiles.
//
// Every function is a run of instructions in `Program::code`; every name is an id that indexes a
// table of the program. What does not hold for the build (`[versions]`, `[config X]`) is gone,
// blocks are jumps, `undo` is a ladder at the function's end. Nothing here says what a tracer
// shows: calls are the source's, the build's mask (sim/build) is laid over them by the user.
//
// Ownership: a Program is a regular value without pointers into itself; its text views point into
// the Model that it was resolved from, or the image, which it keeps alive.
// docs/FLOW_LANGUAGE.md says what each statement compiles to.

#include "sim/model/rows.hpp"

#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kflow {
class MappedFile;
}

namespace kflow::model {

class Model; // sim/model/model.hpp: every file of the tree, parsed

/// Indexes of Program's tables. They differ between builds and between versions of the model: never
/// store them in a file.
enum class FunctionId : std::uint32_t {};
enum class RoleId : std::uint32_t {};
enum class GuardId : std::uint32_t {};
enum class EffectId : std::uint32_t {};
enum class CollectionId : std::uint32_t {};
enum class ConditionId : std::uint32_t {};
enum class EventId : std::uint32_t {};
enum class ErrnoId : std::uint32_t {};
enum class ReasonId : std::uint32_t {};
enum class FileId : std::uint32_t {};
enum class DocId : std::uint32_t {};

/// "No such thing" of any id.
template <typename Id>
inline constexpr Id kNone = static_cast<Id>(~std::uint32_t{0});

/// The index behind an id.
template <typename Id>
constexpr std::size_t index_of(Id id) {
    return static_cast<std::size_t>(id);
}

/// An absolute index into Program::code. A function's instructions lie side by side, so a frame
/// {function, pc} needs no more.
using Pc = std::uint32_t;

/// `count` entries of one of Program's tables from `first` on.
struct Range {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    bool empty() const { return count == 0; }
    bool operator==(Range const&) const = default;
};

/// `role=object`: the callee (guard, effect, event, condition, collection) knows by `role` what the
/// caller calls `object`. By reference: what the callee sets is set for the caller. An `object`
/// that nobody up the stack has bound is a new, still empty place of the caller's frame.
struct Binding {
    RoleId role = kNone<RoleId>;
    RoleId object = kNone<RoleId>;
    bool operator==(Binding const&) const = default;
};

/// What follows when a call, an indirect call or an effect fails (returns an error).
enum class OnFailure : std::uint8_t {
    ignore, ///< the error is dropped, the frame's error stays what it was
    jump,   ///< the frame's error becomes the callee's, go on at `target`; on success the frame's
            ///< error becomes none
    propagate, ///< the same, but return at once; no undo runs
};

/// One instruction. Which fields an operation uses stands beside it; the others keep their
/// defaults. "Next" is pc + 1.
enum class Op : std::uint8_t {
    call, ///< subject: FunctionId. bindings, on_failure, target.
    via,  ///< subject: index of Program::via_labels. members: range of via_members. bindings (for
          ///< all members), on_failure, target. Exactly one member is called, or nothing where the
          ///< member `none` is taken.
    effect,     ///< subject: EffectId. bindings, on_failure, target.
    emit,       ///< subject: EventId. bindings.
    wait,       ///< subject: ConditionId. bindings. Blocks the task until the machine says that the
                ///< condition holds.
    branch,     ///< subject: GuardId. bindings, negate, target. Next if the answer is yes (no, if
                ///< negate); else to target.
    maybe,      ///< subject: ReasonId. target. Next, or to target: the model leaves it open.
    jump,       ///< target.
    each_begin, ///< subject: CollectionId. role: bound to each member. bindings (the owner). slot.
                ///< Always followed by each_next.
    each_next,  ///< slot, role, target. Binds role to the next member and goes to next; to target
                ///< when there is none left.
    forget, ///< guards: range of Program::guard_sets. Answers that these `of call` guards gave in
            ///< this frame are void: stands on every way back (loop, each, a goto back), so each
            ///< round asks anew.
    set_error, ///< subject: ErrnoId, or kNone for success. Sets the frame's error.
    ret,       ///< returns the frame's error; none is success.
    ret_error, ///< the same where the frame's error is known to be one: the end of the ladder.
    no_return, ///< the end of a `noreturn` function: never reached.
    syscall,   ///< subject: index of Program::syscalls. bindings, on_failure, target. Enters the
               ///< kernel (el0t_64_sync) with that call's number; fails where it returns an error.
               ///< Only in model/glibc.
};

struct Instruction {
    Op op = Op::ret;
    OnFailure on_failure = OnFailure::ignore;
    bool negate = false;
    bool cleanup = false;   ///< belongs to the ladder that `undo` built: runs only after a failure
    std::uint16_t slot = 0; ///< which iterator of the frame, below Function::slots
    RoleId role = kNone<RoleId>;
    std::uint32_t subject = ~std::uint32_t{0};
    Pc target = 0;
    Range bindings; ///< of Program::bindings
    Range members;  ///< via: of Program::via_members; forget: of Program::guard_sets
    std::uint32_t context =
        ~std::uint32_t{0};    ///< the innermost block that it stands in: of Program::contexts
    std::uint32_t line = 0;   ///< of the function's file, from 1: the statement that this came from
    std::uint32_t column = 0; ///< of its first byte, from 1
    DocId doc = kNone<DocId>; ///< the statement's own `##`, if it has one
    bool operator==(Instruction const&) const = default;
};

/// A block that instructions stand in: an arm of an `if` or `maybe`, an `each`, a `loop`. For those
/// who draw and explain; to run or check a body nobody needs it. Blocks form a tree by `parent`.
struct Context {
    std::uint32_t parent = ~std::uint32_t{0}; ///< the block around it; ~0: the body itself
    Pc test = 0;            ///< its branch, maybe or each_next; of a loop the first instruction
    bool is_loop = false;   ///< a `loop`: test is no question
    bool otherwise = false; ///< the `else` arm: the answer was the other one
    bool operator==(Context const&) const = default;
};

/// A member of an indirect call's set. Members are asked in order: one with a guard is taken if it
/// holds and none before it was taken for sure; one without a guard is always possible (a run takes
/// the first, a check allows each of them).
struct ViaMember {
    FunctionId callee =
        kNone<FunctionId>;          ///< kNone: `none`, the pointer is not called or not there
    GuardId guard = kNone<GuardId>; ///< kNone: no guard
    bool negate = false;
    Range guard_bindings;
    Range bindings; ///< of this member, added to the instruction's
    bool operator==(ViaMember const&) const = default;
};

/// `##` and `##ko`, as written, lines joined by a newline. Empty where missing.
struct Doc {
    std::string_view english;
    std::string_view korean;
    bool operator==(Doc const&) const = default;
};

struct Function {
    std::string_view name;
    FileId file =
        kNone<FileId>; ///< kNone: nobody wrote a body (a leaf: its own children are not judged)
    std::uint32_t line = 0; ///< of its `fn`
    bool has_body = false;
    bool noreturn = false;
    std::uint16_t slots = 0; ///< how many iterators a frame of it needs at once
    Pc entry = 0;            ///< first instruction; meaningless without a body
    std::uint32_t size = 0;  ///< number of instructions
    Range roles;             ///< of Program::role_lists: the roles it declares
    DocId doc = kNone<DocId>;
    bool operator==(Function const&) const = default;
};

/// How long an answer to a guard holds.
enum class GuardScope : std::uint8_t {
    call,   ///< for this call of the function, or this round of the loop that asks: see Op::forget
    role,   ///< for the object behind Guard::role
    system, ///< for the whole machine
};

struct Guard {
    std::string_view name;
    GuardScope scope = GuardScope::call;
    RoleId role = kNone<RoleId>; ///< GuardScope::role only
    bool default_answer =
        false; ///< a run's, where neither the machine nor the scenario knows better
    FileId file = kNone<FileId>;
    std::uint32_t line = 0;
    DocId doc = kNone<DocId>;
    bool operator==(Guard const&) const = default;
};

struct Effect {
    std::string_view name;
    Range roles; ///< of Program::role_lists: what it reads or sets
    Range made;  ///< of Program::role_lists: which of them stand for another thing behind it
    FileId file = kNone<FileId>;
    std::uint32_t line = 0;
    DocId doc = kNone<DocId>;
    bool operator==(Effect const&) const = default;
};

/// A collection (`each`) or a condition (`wait`); `owner` is the role behind `of`, kNone if it has
/// none.
struct Named {
    std::string_view name;
    RoleId owner = kNone<RoleId>;
    FileId file = kNone<FileId>;
    std::uint32_t line = 0;
    DocId doc = kNone<DocId>;
    bool operator==(Named const&) const = default;
};

/// The running task: bound everywhere, cannot be rebound.
inline constexpr RoleId kCurrent{0};

/// The model of one build.
/// Whether a call does anything: shows a tracer something, asks, or changes the machine.
enum class Silence : std::uint32_t {
    no,    ///< it does, or nobody knows
    usual, ///< it does nothing where no `maybe` is taken and a guard that the machine does not
           ///< know keeps the model's default
    always,
};

/// What is left of a call where nobody looks at what no tracer sees.
struct Remainder {
    Silence silence = Silence::no;
    Pc effect = kNoEffect; ///< but for this one effect, without roles, that the call comes to
    static constexpr Pc kNoEffect = ~Pc{0};
    bool operator==(Remainder const&) const = default;
};

/// What one build makes of a call, found beforehand (engine::answer_mask). Symbols are addresses.
struct MaskedCall {
    std::uint64_t outer;  ///< the symbol that holds the caller's code
    std::uint64_t symbol; ///< the one that holds the callee's
    FunctionId callee;
    std::uint32_t return_offset; ///< in `outer`, bytes; 0 where the callee is inlined
    std::uint64_t show;          ///< a kernel::Show
};

/// A symbol that masked calls name (build::Symbol).
struct MaskedSymbol {
    std::string_view name;
    std::string_view file;
    std::uint64_t address;
    std::uint64_t size;
    std::uint64_t traced; ///< 0 or 1
};

/// The build's mask over a program. Empty if it was not worked out: then the facts are asked.
struct MaskAnswers {
    std::span<MaskedCall const> calls;     ///< by instruction, callee and outer symbol
    std::span<std::uint32_t const> first;  ///< of each instruction in `calls`, and the end
    std::span<Remainder const> remainders; ///< by instruction: of the call that it makes
    std::vector<MaskedSymbol> symbols;     ///< by address

    Remainder remainder(Pc pc) const {
        return pc < remainders.size() ? remainders[pc] : Remainder();
    }

    std::span<MaskedCall const> of(Pc pc) const {
        return std::size_t{pc} + 1 < first.size()
                   ? calls.subspan(first[pc], first[pc + 1] - first[pc])
                   : std::span<MaskedCall const>();
    }
};

struct Program {
    std::vector<Function>
        functions; ///< those with a body first, by file and line; then the leaves, by name
    Rows<FunctionId> by_name; ///< all of them: by name, those of one name as above
    Rows<Instruction> code;
    Rows<Context> contexts;
    Rows<Binding> bindings;
    std::vector<ViaMember> via_members;
    std::vector<std::string_view> via_labels;
    std::vector<std::string_view> syscalls; ///< e.g. "clone": the engine finds __arm64_sys_clone
    std::vector<GuardId> guard_sets;
    std::vector<RoleId> role_lists;
    std::vector<Guard> guards;
    std::vector<Effect> effects;
    std::vector<Named> collections;
    std::vector<Named> conditions;
    std::vector<std::string_view> roles;   ///< names; kCurrent is always roles[0]
    std::vector<std::string_view> events;  ///< tracepoints, e.g. "sched_process_fork"
    std::vector<std::string_view> errnos;  ///< e.g. "EAGAIN"
    std::vector<std::string_view> reasons; ///< of each `maybe`
    std::vector<std::string_view> files;   ///< below model/, e.g. "linux/kernel/fork.flow"
    std::vector<std::string> sources;      ///< of each file: what it mirrors, e.g. "kernel/fork.c"
    std::vector<Doc> docs;
    std::string version; ///< of the text that it was made from: Model::version()
    MaskAnswers mask;    ///< in an image only
    // One of the two keeps the text alive that the views above point into.
    std::shared_ptr<Model const> model;      ///< null if it was read from an image
    std::shared_ptr<MappedFile const> image; ///< sim/model/image.hpp

    Function const& operator[](FunctionId id) const { return functions[index_of(id)]; }
    Guard const& operator[](GuardId id) const { return guards[index_of(id)]; }
    Effect const& operator[](EffectId id) const { return effects[index_of(id)]; }
    Named const& operator[](CollectionId id) const { return collections[index_of(id)]; }
    Named const& operator[](ConditionId id) const { return conditions[index_of(id)]; }
    std::string_view operator[](RoleId id) const { return roles[index_of(id)]; }
    std::string_view operator[](EventId id) const { return events[index_of(id)]; }
    std::string_view operator[](ErrnoId id) const { return errnos[index_of(id)]; }
    std::string_view operator[](ReasonId id) const { return reasons[index_of(id)]; }
    std::string_view operator[](FileId id) const { return files[index_of(id)]; }
    /// The empty documentation for kNone.
    Doc operator[](DocId id) const { return id == kNone<DocId> ? Doc{} : docs[index_of(id)]; }

    std::span<Instruction const> body(FunctionId id) const {
        auto const& f = (*this)[id];
        return code.all().subspan(f.has_body ? f.entry : 0, f.has_body ? f.size : 0);
    }
    std::span<Binding const> in_bindings(Range r) const {
        return bindings.all().subspan(r.first, r.count);
    }
    std::span<ViaMember const> in_members(Range r) const {
        return std::span(via_members).subspan(r.first, r.count);
    }
    std::span<GuardId const> in_guards(Range r) const {
        return std::span(guard_sets).subspan(r.first, r.count);
    }
    std::span<RoleId const> in_roles(Range r) const {
        return std::span(role_lists).subspan(r.first, r.count);
    }

    /// The function of that name; with several (a name is not unique, 314 to 336 a build are not)
    /// the one whose file is `file` (as in `files`, or without model/linux and .flow:
    /// "kernel/fork"), else the first with a body. kNone if there is none.
    FunctionId find_function(std::string_view name, std::string_view file = {}) const;
    /// All functions of that name.
    std::span<FunctionId const> named(std::string_view name) const;
    GuardId find_guard(std::string_view name) const;
    EffectId find_effect(std::string_view name) const;
    CollectionId find_collection(std::string_view name) const;
    ConditionId find_condition(std::string_view name) const;
    EventId find_event(std::string_view name) const;
    RoleId find_role(std::string_view name) const;
};

} // namespace kflow::model
