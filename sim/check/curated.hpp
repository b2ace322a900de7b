#pragma once
// Which of a capture's functions the model has a body for.

#include "sim/model/ir.hpp"
#include "sim/trace/name_table.hpp"

namespace kflow::check {

/// Asked at every call of a capture. The program must outlive it. Not thread-safe.
class CuratedNames {
public:
    explicit CuratedNames(model::Program const& program) : program_(program) {}

    /// `name` as the source has it.
    bool has(trace::Name name) {
        auto& known = known_.at(name);
        if (known == Known::unasked) {
            auto const function = program_.find_function(name.view());
            auto const has_body =
                function != model::kNone<model::FunctionId> && program_[function].has_body;
            known = has_body ? Known::body : Known::no_body;
        }
        return known == Known::body;
    }

private:
    model::Program const& program_;
    enum class Known : char { unasked, body, no_body };
    trace::NameTable<Known> known_;
};

} // namespace kflow::check
