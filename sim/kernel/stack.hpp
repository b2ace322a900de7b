#pragma once
// The stack of a task as data: which function stands where, and what it calls things.

#include "sim/base/types.hpp"
#include "sim/kernel/object.hpp"
#include "sim/model/ir.hpp"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <string>
#include <vector>

namespace kflow::kernel {

/// A role that a frame knows, and the place (Stack::places) that it stands for. Several frames may
/// know one place under different names: binding is by reference.
struct RoleBinding {
    model::RoleId role = model::kNone<model::RoleId>;
    std::uint32_t place = 0;
    bool operator==(RoleBinding const&) const = default;
};

/// Few: most calls hand on one or two, and a stack is deep. Kept in place, not on the heap.
using RoleBindings = boost::container::small_vector<RoleBinding, 4>;

/// An `each` that is being worked on: its members were listed when it began.
struct Iteration {
    std::vector<Object> members;
    std::uint32_t next = 0;
    bool operator==(Iteration const&) const = default;
};

struct GuardAnswer {
    model::GuardId guard = model::kNone<model::GuardId>;
    bool yes = false;
    bool operator==(GuardAnswer const&) const = default;
};

/// What a tracer can see of a frame in this build.
enum class Show : std::uint8_t {
    visible, ///< a traced function
    hidden,  ///< a function with a frame of its own that is not traced
    inlined, ///< part of the frame below
    user,    ///< glibc: the kernel's tracers do not see it
};

struct Frame {
    model::FunctionId function = model::kNone<model::FunctionId>;
    model::Pc pc = 0;          ///< the instruction that is executed next
    model::Pc called_from = 0; ///< the caller's instruction; ~0 where no instruction called it
    int error = 0;             ///< errno that a `return` would give; 0: success
    Show show = Show::inlined;
    int fails = 0;              ///< errno that was injected: the steps that can fail do
    model::Pc failed_at = 0;    ///< the last of them
    unsigned wake_states = 0;   ///< of a wake-up: the sleeps that it may end; 0: it is none
    bool waits = false;         ///< a function without a body that has not begun to work
    bool wakes_parent = false;  ///< __wake_up_parent(): the queue is that of waiting parents
    std::uint16_t refusals = 0; ///< how often a `maybe` of it was not taken: no loop is endless
    bool wakes_pollers = false; ///< signalfd_notify(): the queue is that of its target's signalfds
    bool boundary = false;  ///< roles are not looked up below: entry from user space, an interrupt
    bool interrupt = false; ///< the first frame of an interrupt
    bool softirq = false;   ///< the first frame of what an interrupt's end does (__do_softirq)
    std::uint64_t symbol = 0; ///< address of the build's symbol that holds the code; the caller's
                              ///< where inlined
    std::uint32_t return_offset = 0; ///< where it returns to, in bytes from the start of the
                                     ///< caller's symbol
    std::uint32_t first_place = 0;   ///< places from here on are the frame's own
    Nanos entered;
    RoleBindings roles;
    std::vector<Iteration> iterations;
    boost::container::small_vector<GuardAnswer, 4> answers; ///< of `of call` guards
    /// The role is not bound here any more.
    void forget(model::RoleId role) {
        auto const is_it = [role](auto const& bound) { return bound.role == role; };
        roles.erase(std::remove_if(roles.begin(), roles.end(), is_it), roles.end());
    }
    bool operator==(Frame const&) const = default;
};

/// At full depth: a function without a body that is in the middle of what it does. A call that the
/// machine makes itself stands open in a shape of calls that captures showed (trace/call_shapes.hpp).
struct OpenShape {
    std::uint32_t frame = 0; ///< of the function, in Stack::frames
    Nanos entered;           ///< its own
    std::uint32_t shape = 0; ///< trace::CallShapes::Id
    struct Call {
        std::string symbol;
        Nanos entered;
        bool operator==(Call const&) const = default;
    };
    std::vector<Call> calls; ///< that the open one is below, outermost first
    bool operator==(OpenShape const&) const = default;
};

/// The oldest frame first. Frames below `user_depth` are user space's (glibc).
struct Stack {
    std::vector<Frame> frames;
    std::vector<Object> places;
    std::uint32_t user_depth = 0;
    std::uint32_t user_places = 0;

    bool in_kernel() const { return frames.size() > user_depth; }
    /// The frame that `role` is known in, seen from the frame at `depth`: its place, or ~0.
    std::uint32_t find_place(model::RoleId role, std::size_t depth) const;
    /// The object behind a role, seen from the newest frame; none where nobody bound it.
    Object find(model::RoleId role) const;
    /// Sets what a role stands for; where nobody bound it, at the entry from user space.
    void set(model::RoleId role, Object object);
    /// A new place in the frame at `depth`, known there as `role`.
    std::uint32_t add_place(std::size_t depth, model::RoleId role, Object object);
    /// Whether the open shape's frame is still there.
    bool has(OpenShape const& open) const {
        return open.frame < frames.size() && frames[open.frame].entered == open.entered;
    }
    /// Removes the newest frame and its places.
    void pop();
    bool operator==(Stack const&) const = default;
};

} // namespace kflow::kernel
