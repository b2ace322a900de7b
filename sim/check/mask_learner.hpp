#pragma once
// From captures to a mask: what `kflow learn --mask` does.
//
// Every call that the symbols leave open is left open in the bodies as well: a list of children may
// be read with the call in it, or with what the callee does in its place. Where every reading that
// fits takes the same way, the capture has told which one this build took. Stacks tell it of
// functions that are not traced.

#include "sim/check/call_votes.hpp"
#include "sim/check/learned_mask.hpp"
#include "sim/check/open_mask.hpp"
#include "sim/check/seen_pairs.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::check {

class MaskLearner {
public:
    /// Both must outlive it.
    MaskLearner(model::Program const& program, build::BuildFacts const& facts);
    ~MaskLearner();

    /// Who stands above whom: of all captures, before the first is judged.
    void look(trace::Capture const& capture, Forest const& forest);
    /// What the calls of a function_graph capture tell. False if its tracer passed functions over:
    /// then it is not used.
    bool judge(std::string const& name, trace::Capture const& capture, Forest const& forest);
    /// What all captures said.
    LearnedMask result() const;

private:
    using Calls = std::map<OpenCall, LearnedCall>;
    struct Tools;
    void add_stacks(Calls& calls) const;
    model::FunctionId only_function(std::string_view name) const;

    model::Program const& program_;
    build::BuildFacts const& facts_;
    SeenPairs seen_;
    OpenMask mask_;
    std::unique_ptr<Tools> tools_;
    Calls calls_;
    std::vector<std::string> unexplained_;
};

} // namespace kflow::check
