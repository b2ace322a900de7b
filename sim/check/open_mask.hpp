#pragma once
// The mask of a build whose compiler's choices are not known: what its symbols alone leave open.

#include "sim/build/mask_table.hpp"
#include "sim/check/mask.hpp"
#include "sim/check/seen_pairs.hpp"

namespace kflow::check {

class OpenMask final : public BuildMask {
public:
    /// All must outlive it. `seen`: what tracepoints and functions that are not traced look like is
    /// taken from there.
    OpenMask(model::Program const& program, build::BuildFacts const& facts, SeenPairs const& seen);

    Shown call(Callers callers, model::FunctionId callee, int site) const override;
    Shown indirect(Callers callers, model::FunctionId callee) const override;
    bool shows_iterator(Callers callers, std::string_view event) const override;

    /// What can be said of a call of `callee` in the text of `caller` in the code of `outer`.
    build::Possibility possible(model::FunctionId caller, model::FunctionId callee,
                                model::FunctionId outer) const;
    /// What the build's own mask says of it.
    build::MaskKind known(model::FunctionId caller, model::FunctionId callee,
                          model::FunctionId outer) const;
    /// The compiled file that a function's code is in.
    std::string unit(model::FunctionId outer) const;

private:
    build::BuildFacts const& facts_;
    SeenPairs const& seen_;
};

} // namespace kflow::check
