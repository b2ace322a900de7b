#pragma once
// Which of a capture's functions the model has a body for.

#include "sim/model/ir.hpp"
#include "sim/trace/name.hpp"

#include <unordered_map>

namespace kflow::check {

/// Asked at every call of a capture. The program must outlive it. Not thread-safe.
class CuratedNames {
public:
    explicit CuratedNames(model::Program const& program) : program_(program) {}

    /// `name` as the source has it.
    bool has(trace::Name name) {
        auto const [place, is_new] = known_.try_emplace(name, false);
        if (is_new) {
            auto const function = program_.find_function(name.view());
            place->second =
                function != model::kNone<model::FunctionId> && program_[function].has_body;
        }
        return place->second;
    }

private:
    model::Program const& program_;
    std::unordered_map<trace::Name, bool, trace::NameHash> known_;
};

} // namespace kflow::check
