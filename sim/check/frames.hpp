#pragma once
// The calls that an automaton's compiler expanded in place, and what the roles of each stand for.

#include "sim/check/automaton.hpp"

#include <map>
#include <vector>

namespace kflow::check {

inline constexpr FrameIndex kNoFrame = ~std::uint32_t{0};

/// A call that was expanded in place; frame 0 is the function itself.
struct Frame {
    model::FunctionId function = model::kNone<model::FunctionId>;
    FrameIndex parent = kNoFrame;
    model::Pc call = 0;                ///< in the parent
    bool parent_failed = false; ///< whether the parent's frame had an error when it called
    Scope bound;                ///< what the call bound
    std::uint32_t depth = 0;
    bool own_code = false; ///< it is a call, of a function that is not traced
};

class Frames {
public:
    /// The program must outlive it.
    explicit Frames(model::Program const& program) : program_(program), list_(1) {}

    FrameIndex add(Frame frame);
    Frame const& operator[](FrameIndex frame) const { return frames_[frame]; }

    /// Whose text a frame is, and whom it is expanded into, up to the function whose code it is.
    std::vector<model::FunctionId> callers(FrameIndex frame) const;
    /// Whether the frame, or one around it, is of the function.
    bool is_around(FrameIndex frame, model::FunctionId function) const;

    /// What a role stands for at an instruction.
    Reference resolve(FrameIndex frame, model::Pc pc, model::RoleId role);
    /// What the callee of an instruction knows: an index of scopes(). `more` is bound as well.
    ScopeIndex scope_of(FrameIndex frame, model::Pc pc, std::vector<model::Binding> const& more);
    std::vector<Scope> const& scopes() const { return list_; }

private:
    /// What an instruction run of a function says of its roles.
    struct RoleUse {
        std::vector<model::RoleId> places; ///< names that stand on the right of a `=` or that `each` binds
        struct Loop {
            model::Pc first = 0;
            model::Pc last = 0;
            model::RoleId role = model::kNone<model::RoleId>;
        };
        std::vector<Loop> loops; ///< where `each` has bound its role
    };

    RoleUse const& use_of(model::FunctionId function);
    std::map<model::RoleId, Reference> everything(FrameIndex frame, model::Pc pc);

    model::Program const& program_;
    std::vector<Frame> frames_;
    std::map<model::FunctionId, RoleUse> uses_;
    std::map<Scope, ScopeIndex> scopes_;
    std::vector<Scope> list_; ///< the first is empty
};

} // namespace kflow::check
