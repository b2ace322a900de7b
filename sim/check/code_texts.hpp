#pragma once
// Which texts of the source one function's code can hold, and what a stack says of them: a frame
// above another one was called by a text that the other's code holds.

#include "sim/build/build_facts.hpp"
#include "sim/check/automaton.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace kflow::check {

class CodeTexts {
public:
    /// What can become of a call of a function in a text, in the outer function's code.
    using Possible = std::function<build::Possibility(model::FunctionId, model::FunctionId)>;

    /// `outer` must have a body.
    CodeTexts(model::Program const& program, model::FunctionId outer, Possible const& possible);

    /// What follows from a frame of `callee` directly above one of the outer function.
    struct Told {
        std::vector<OpenCall> inlined;  ///< every way to the callee leads through these
        std::optional<OpenCall> called; ///< the only text that calls it does so
    };
    Told told(model::FunctionId callee) const;

private:
    /// A call in a text.
    struct Call {
        model::FunctionId caller = model::kNone<model::FunctionId>;
        model::FunctionId callee = model::kNone<model::FunctionId>;
        bool through_pointer = false;
        build::Possibility possible;
    };
    using CallNumber = std::size_t;

    void add_text(model::FunctionId text, Possible const& possible);
    void add_call(Call call);
    /// The calls on one way from the outer function's text to one of `ends`, without `barred`;
    /// nothing if there is none.
    std::optional<std::vector<CallNumber>> way(std::vector<model::FunctionId> const& ends,
                                               CallNumber barred) const;

    model::Program const& program_;
    model::FunctionId outer_;
    std::vector<model::FunctionId> texts_;
    std::vector<Call> calls_;
};

} // namespace kflow::check
