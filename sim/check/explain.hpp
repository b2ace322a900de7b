#pragma once
// Differences in words: which call, where in the capture, where in the model, and why.

#include "sim/check/conformance.hpp"
#include "sim/check/reading.hpp"

#include <string>
#include <vector>

namespace kflow::check {

class Explainer {
public:
    /// All must outlive it.
    Explainer(model::Program const& program, Forest const& forest, AutomataCache& cache,
              Evidence const& evidence)
        : program_(program), forest_(forest), cache_(cache), evidence_(evidence) {}

    std::vector<Divergence> divergences(CallIndex call, model::FunctionId function,
                                        Reading const& reading,
                                        std::vector<Difference> const& differences) const;
    /// The list up to where it could be read, and what could have come.
    std::string expectation(model::FunctionId function, Reading const& reading,
                            Run const& run) const;

private:
    Divergence one(CallIndex call, model::FunctionId function, Reading const& reading,
                   Difference const& difference) const;
    std::uint32_t line_of(CallIndex call, Reading const& reading, std::size_t letter) const;
    std::string place_of(Step const& step) const;

    model::Program const& program_;
    Forest const& forest_;
    AutomataCache& cache_;
    Evidence const& evidence_;
};

} // namespace kflow::check
