#pragma once
// What one build makes of the source's calls, as the compiler of automata asks it.

#include "sim/build/build_facts.hpp"
#include "sim/model/ir.hpp"

#include <span>
#include <string>
#include <string_view>

namespace kflow::check {

/// What a call of the source looks like to a tracer.
struct Shown {
    bool visible = false;  ///< it can stand there as a call, under the callee's own name
    bool expanded = false; ///< the callee's body can stand there in its place
    /// It is expanded although it is a call: the expanded text has its own code (not traced).
    bool own_code = false;
    /// Where it is visible, what it does follows as if it stood in the caller: the tracer shows
    /// entries, not calls and returns.
    bool entered = false;
    /// Nothing of it can be seen: neither it nor anything that it calls.
    bool nothing = false;
    /// Only a `.part` of the callee may be called: visible or nothing, beside the expansion.
    bool part = false;
    /// Whether it is a call or inlined is not known: each way is marked as one of the two.
    bool open = false;
};

/// Innermost first, never empty.
using Callers = std::span<model::FunctionId const>;

class Mask {
public:
    virtual ~Mask() = default;
    /// `callers` are whose text holds the call, and whom that is expanded into, up to the function
    /// whose code it is (a macro is no caller in a build's facts: its user is). `site` is which of
    /// the first caller's calls of the callee it is, from 1.
    virtual Shown call(Callers callers, model::FunctionId callee, int site) const = 0;
    /// The same for a call through a pointer.
    virtual Shown indirect(Callers callers, model::FunctionId callee) const = 0;
    /// Whether a tracepoint in `caller`'s text is also a call of `__traceiter_EVENT`.
    virtual bool shows_iterator(Callers callers, std::string_view event) const = 0;
};

/// The mask of a build's facts. Both must outlive it.
class BuildMask : public Mask {
public:
    BuildMask(model::Program const& program, build::BuildFacts const& facts);

    Shown call(Callers callers, model::FunctionId callee, int site) const override;
    Shown indirect(Callers callers, model::FunctionId callee) const override;
    bool shows_iterator(Callers callers, std::string_view event) const override;

protected:
    /// Whether the caller's code compares the pointer with this function and has the function's
    /// own text for when it is the same (gcc's speculative devirtualization): everything that the
    /// function calls, the caller's code calls as well.
    bool is_guessed(model::FunctionId caller, model::FunctionId callee) const;
    /// The kernel's file that has the function, as the builds' facts name it.
    std::string file(model::FunctionId function) const;

    model::Program const& program_;
    build::BuildFacts const& facts_;
};

/// The mask of a kernel that has no profile, from the nearest build's facts: its compiler may have
/// inlined other functions than that build's did, but only within a file, or from a header.
class NearestMask final : public BuildMask {
public:
    using BuildMask::BuildMask;

    Shown call(Callers callers, model::FunctionId callee, int site) const override;
};

} // namespace kflow::check
