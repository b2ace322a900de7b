#include "sim/check/uncurated.hpp"

#include "sim/check/curated.hpp"
#include "sim/check/folded_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace kflow::check {
namespace {

/// If more than one call in so many cannot be, functions were passed over (set_ftrace_notrace, a
/// filter, max_graph_depth).
constexpr std::size_t kImpossible = 100;

/// A function that was not traced is so in each of its calls. One call is no evidence of that: it
/// is a difference.
constexpr std::size_t kFewestCalls = 2;

/// What fits on a line or two.
std::string excerpt(std::string text) {
    constexpr std::size_t longest = 160;
    if (text.size() > longest) {
        text.resize(text.rfind(' ', longest));
        text += " …";
    }
    return text;
}

class Uncurated {
public:
    Uncurated(model::Program const& program, Forest const& forest, UncuratedKnowledge const& known)
        : forest_(forest), orders_(*known.orders), habits_(known.habits),
          switch_(known.is_preemptible ? orders_.of(trace::Name("__schedule")) : nullptr),
          curated_(program) {
        pass_over_switching();
    }

    /// Whole calls that the code allows.
    std::vector<SeenCall> collect(ConformanceResult& out) {
        judge_all();
        find_untraced(out);
        return out.untraced.empty() ? std::move(whole_) : std::vector<SeenCall>{};
    }

    bool accepts(CallIndex call) {
        judges_habits_ = habits_ != nullptr;
        judge(call);
        return impossible_.empty() && unseen_.empty();
    }

    void run(ConformanceResult& out) {
        for (auto const& name : out.untraced) {
            untraced_.insert(trace::Name(name));
        }
        judge_all();
        find_untraced(out);
        if (habits_ && out.untraced.empty()) { // Else every list lacks something.
            judges_habits_ = true;
            judge_all();
        }
        if (impossible_.size() * kImpossible <= judged_.calls) {
            add_to(out);
        }
    }

private:
    /// Behind sched_switch the tracer asks whether the next task is traced (set_ftrace_pid;
    /// kernel/trace/ftrace.c, ftrace_filter_pid_sched_switch_probe): if it is not, what is left of
    /// the switch is not shown.
    void pass_over_switching() {
        trace::Name const warning("__warn_printk"); // Everybody calls that.
        if (auto const* const order = orders_.of(trace::Name("__switch_to"))) {
            for (auto const& node : order->nodes) {
                if (!node.pointer && node.callee != warning) {
                    untraced_.insert(node.callee);
                }
            }
        }
    }

    void judge_all() {
        judged_ = {};
        preemptions_ = 0;
        whole_.clear();
        unseen_.clear();
        unmodelled_.clear();
        impossible_.clear();
        lacking_.clear();
        for (CallIndex c = 0; c < forest_.calls().size(); ++c) {
            auto const& call = forest_[c];
            if (forest_.noise[c] == 0 && !call.lost && !curated_.has(call.name)) {
                judge(c);
            }
        }
    }

    /// Functions that the capture shows nowhere, although more than one call lacks them: one after
    /// the other, as long as that explains something.
    void find_untraced(ConformanceResult& out) {
        for (auto wrong = impossible_.size(); wrong > 0; wrong = impossible_.size()) {
            auto const symbol = most_lacking();
            if (symbol.empty()) {
                return;
            }
            untraced_.insert(symbol);
            judge_all();
            if (impossible_.size() >= wrong) {
                untraced_.erase(symbol);
                judge_all();
                return;
            }
            out.untraced.emplace_back(symbol.view());
        }
    }

    /// That most calls lack; empty if none counts.
    trace::Name most_lacking() const {
        std::set<trace::Name> shown;
        for (auto const& call : forest_.calls()) {
            shown.insert(call.symbol);
        }
        trace::Name most;
        auto calls = kFewestCalls - 1;
        for (auto const& [symbol, lacking] : lacking_) {
            if (lacking > calls && !shown.contains(symbol)) {
                most = symbol;
                calls = lacking;
            }
        }
        return most;
    }

    void judge(CallIndex c) {
        auto const& call = forest_[c];
        auto const* const order = call.entered ? orders_.of(call.symbol) : nullptr;
        if (!order) {
            ++unmodelled_[call.name.view()];
            return;
        }
        children_.clear();
        names_.clear();
        for (auto const& child : call.children) {
            if (!Forest::is_event(child) && !forest_.set_aside(child)) {
                children_.push_back(child.index);
                names_.push_back(forest_[child.index].symbol);
            }
        }
        auto const reading = read(*order);
        if (reading.accepts(call.returned)) {
            ++judged_.calls;
            judge_habit(c);
        } else if (forest_.trees.lost_markers > 0) {
            ++unmodelled_[call.name.view()]; // What is lost may stand below the wrong task.
        } else {
            ++judged_.calls;
            report(c, reading);
        }
    }

    /// A call that the code allows: was it ever so?
    void judge_habit(CallIndex c) {
        auto const& call = forest_[c];
        if (!judges_habits_) {
            if (call.returned) {
                whole_.push_back({call.symbol, names_});
            }
        } else if (habits_->judge(call.symbol, names_, call.returned) == Habits::Answer::unseen) {
            report_unseen(c);
            return;
        }
        ++judged_.accepted;
    }

    void report_unseen(CallIndex c) {
        auto const& call = forest_[c];
        Divergence d;
        d.kind = DifferenceKind::unseen;
        d.function = call.name.view();
        d.parent = d.function;
        d.capture_line = call.first_line;
        d.call_line = call.first_line;
        d.reason = fmt::format("{} was never seen to make these calls: {}", d.parent,
                               excerpt(fold(names_)));
        unseen_.push_back(std::move(d));
    }

    /// The children's reading, without switches to another task that the function did not ask for.
    ChildOrder::Reading read(ChildOrder const& order) {
        auto reading = order.read(names_, untraced_);
        while (switch_ && reading.read < names_.size()) {
            auto const length = switch_at(reading.read);
            if (length == 0) {
                break;
            }
            auto const first = static_cast<std::ptrdiff_t>(reading.read);
            auto const last = first + static_cast<std::ptrdiff_t>(length);
            names_.erase(names_.begin() + first, names_.begin() + last);
            children_.erase(children_.begin() + first, children_.begin() + last);
            ++preemptions_;
            reading = order.read(names_, untraced_);
        }
        return reading;
    }

    /// How many children from `first` on are a whole switch; 0 if there is none.
    std::size_t switch_at(std::size_t first) const {
        return switch_->read(std::span(names_).subspan(first), untraced_).shortest;
    }

    void report(CallIndex c, ChildOrder::Reading const& reading) {
        for (auto const symbol : reading.lacking) {
            ++lacking_[symbol];
        }
        auto const& call = forest_[c];
        auto const is_extra = reading.read < children_.size();
        auto const behind = reading.read > 0
                                ? fmt::format(" behind `{}`", names_[reading.read - 1].view())
                                : std::string(" at its start");
        Divergence d;
        d.parent = call.name.view();
        d.call_line = call.first_line;
        if (is_extra) {
            auto const& child = forest_[children_[reading.read]];
            d.kind = DifferenceKind::extra;
            d.function = child.name.view();
            d.capture_line = child.first_line;
            d.reason =
                fmt::format("the code of {} has no call of `{}`{}", d.parent, d.function, behind);
        } else {
            d.kind = DifferenceKind::missing;
            d.function = d.parent;
            d.capture_line = call.last_line;
            d.reason = fmt::format("the code of {} cannot return{}", d.parent, behind);
        }
        impossible_.push_back(std::move(d));
    }

    void add_to(ConformanceResult& out) {
        out.learned = judged_;
        out.total.accepted += judged_.accepted;
        out.unmodelled -= judged_.calls;
        out.preemptions += preemptions_;
        name_unmodelled(out);
        std::move(impossible_.begin(), impossible_.end(), std::back_inserter(out.divergences));
        std::move(unseen_.begin(), unseen_.end(), std::back_inserter(out.divergences));
        std::stable_sort(
            out.divergences.begin(), out.divergences.end(),
            [](auto const& a, auto const& b) { return a.capture_line < b.capture_line; });
    }

    void name_unmodelled(ConformanceResult& out) const {
        std::erase_if(out.unmodelled_names, [&](std::string const& name) {
            return !unmodelled_.contains(std::string_view(name));
        });
    }

    Forest const& forest_;
    ChildOrders& orders_;
    Habits* habits_;
    bool judges_habits_ = false;
    ChildOrder const* switch_; ///< what a preempted function shows; null if there is no preemption
    std::size_t preemptions_ = 0; ///< that were set aside
    CuratedNames curated_;
    std::map<std::string_view, std::size_t> unmodelled_; ///< calls that nothing tells of
    NameSet untraced_;                                   ///< that the tracer passed over
    std::map<trace::Name, std::size_t>
        lacking_; ///< what could have come instead: in how many calls
    Fitness judged_;
    std::vector<Divergence> impossible_;
    std::vector<Divergence> unseen_;
    std::vector<SeenCall> whole_;     ///< while habits are not judged
    std::vector<CallIndex> children_; ///< of the call that is judged
    std::vector<trace::Name> names_;  ///< their symbols
};

} // namespace

void check_uncurated(model::Program const& program, Forest const& forest,
                     UncuratedKnowledge const& known, ConformanceResult& result) {
    Uncurated(program, forest, known).run(result);
}

bool is_accepted(model::Program const& program, Forest const& forest,
                 UncuratedKnowledge const& known, CallIndex call) {
    return Uncurated(program, forest, known).accepts(call);
}

std::vector<SeenCall> seen_calls(model::Program const& program, Forest const& forest,
                                 UncuratedKnowledge const& known, ConformanceResult& result) {
    return Uncurated(program, forest, known).collect(result);
}

} // namespace kflow::check
