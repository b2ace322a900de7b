#pragma once
// A build's mask narrowed to what a filtered trace can show: functions outside of the filter are
// transparent. In a function trace, which is flat, those inside are letters with what they do behind
// them; in a function_graph's tree they are calls with children of their own.

#include "sim/check/mask.hpp"

#include <set>
#include <string>
#include <vector>

namespace kflow::check {

class Projection final : public Mask {
public:
    enum class Form { flat, tree };

    /// `shown` are the functions that the trace can show, `events` the tracepoints that count. The
    /// others must outlive it.
    Projection(model::Program const& program, Mask const& mask,
               std::set<std::string, std::less<>> shown, std::set<std::string, std::less<>> events,
               Form form = Form::flat);

    Shown call(Callers callers, model::FunctionId callee, int site) const override;
    Shown indirect(model::FunctionId callee) const override;
    bool shows_iterator(Callers, std::string_view) const override { return false; }

    /// Whether anything that can be shown can happen below the function.
    bool leads(model::FunctionId function) const { return leads_[model::index_of(function)] != 0; }
    /// Whether it can be called with nothing that is shown around it.
    bool is_free(model::FunctionId function) const { return free_[model::index_of(function)] != 0; }
    /// Whether it can be called below something that is shown.
    bool is_below(model::FunctionId function) const {
        return below_[model::index_of(function)] != 0;
    }

private:
    void find_reach(std::set<std::string, std::less<>> const& events);
    Shown narrow(Shown shown, model::FunctionId callee) const;

    model::Program const& program_;
    Mask const& mask_;
    std::set<std::string, std::less<>> shown_;
    Form form_;
    std::vector<char> leads_;
    std::vector<char> below_;
    std::vector<char> free_;
};

} // namespace kflow::check
