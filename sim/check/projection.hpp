#pragma once
// A build's mask narrowed to what one capture can show: functions outside of the tracer's filter
// are transparent.

#include "sim/check/mask.hpp"

#include <set>
#include <string>
#include <vector>

namespace kflow::check {

/// How a trace shows a function that its filter names.
enum class Traced {
    entries, ///< function: its entry alone, what it does follows as if it stood in the caller
    calls,   ///< function_graph: a call with its children
};

class Projection final : public Mask {
public:
    /// `shown` are the functions that the trace can show, `events` the tracepoints that count. The
    /// others must outlive it.
    Projection(model::Program const& program, Mask const& mask, Traced traced,
               std::set<std::string, std::less<>> shown, std::set<std::string, std::less<>> events);

    Shown call(Callers callers, model::FunctionId callee, int site) const override;
    Shown indirect(Callers callers, model::FunctionId callee) const override;
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
    Traced traced_;
    std::set<std::string, std::less<>> shown_;
    std::vector<char> leads_;
    std::vector<char> below_;
    std::vector<char> free_;
};

/// A build's mask with some functions that the capture's tracer passed over (set_ftrace_notrace):
/// what they call stands in their callers' places.
class Untraced final : public Mask {
public:
    /// The others must outlive it.
    Untraced(model::Program const& program, Mask const& mask,
             std::set<std::string, std::less<>> hidden);

    Shown call(Callers callers, model::FunctionId callee, int site) const override;
    Shown indirect(Callers callers, model::FunctionId callee) const override;
    bool shows_iterator(Callers callers, std::string_view event) const override;

private:
    Shown hide(Shown shown, model::FunctionId callee) const;

    model::Program const& program_;
    Mask const& mask_;
    std::set<std::string, std::less<>> hidden_;
};

} // namespace kflow::check
