#include "sim/check/uncurated.hpp"

#include "sim/check/curated.hpp"
#include "sim/check/folded_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

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

/// Calls of one function with the same children: what is said of one holds for all.
struct Case {
    trace::Name symbol;
    ChildList children; ///< their symbols
    bool returned = false;
    std::size_t calls = 0;

    bool is_like(trace::Name other, ChildList const& list, bool has_returned) const {
        return symbol == other && returned == has_returned && children == list;
    }
};

/// What the code says of a case, and what was learned.
struct Judgement {
    enum class Kind : std::uint8_t { unmodelled, allowed, unseen, impossible };
    Kind kind = Kind::unmodelled;
    std::size_t preemptions = 0;   ///< switches that the function did not ask for
    ChildList own = {};            ///< the children without those
    std::vector<std::size_t> kept; ///< which of the children those are
    ChildOrder::Reading reading;   ///< of them
};

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
        collect_cases();
        judge_all();
        find_untraced(out);
        std::vector<SeenCall> whole;
        for (CallIndex c = 0; out.untraced.empty() && c < case_of_.size(); ++c) {
            if (case_of_[c] != kNoCase && cases_[case_of_[c]].returned &&
                judgements_[case_of_[c]].kind == Judgement::Kind::allowed) {
                whole.push_back({cases_[case_of_[c]].symbol, judgements_[case_of_[c]].own});
            }
        }
        return whole;
    }

    bool accepts(CallIndex c) {
        auto const& call = forest_[c];
        Case one{call.symbol, {}, call.returned, 1};
        for (auto const& child : call.children) {
            if (!Forest::is_event(child) && !forest_.set_aside(child)) {
                one.children.push_back(forest_[child.index].symbol);
            }
        }
        auto const judgement = call.entered ? judge(one) : Judgement();
        return judgement.kind == Judgement::Kind::unmodelled ||
               (judgement.kind == Judgement::Kind::allowed && !is_unseen(one, judgement));
    }

    void run(ConformanceResult& out) {
        for (auto const& name : out.untraced) {
            untraced_.insert(trace::Name(name));
        }
        collect_cases();
        judge_all();
        find_untraced(out);
        if (habits_ && out.untraced.empty()) { // Else every list lacks something.
            judge_habits();
        }
        if (impossible_ * kImpossible <= judged_.calls) {
            add_to(out);
        }
    }

private:
    static constexpr std::uint32_t kNoCase = ~std::uint32_t{0};

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

    void collect_cases() {
        case_of_.assign(forest_.calls().size(), kNoCase);
        std::unordered_map<std::size_t, std::vector<std::uint32_t>> by_hash;
        ChildList children;
        for (CallIndex c = 0; c < forest_.calls().size(); ++c) {
            auto const& call = forest_[c];
            if (forest_.noise[c] != 0 || call.lost || curated_.has(call.name)) {
                continue;
            }
            if (!call.entered) {
                unmodelled_names_.insert(call.name);
                continue;
            }
            children.clear();
            std::size_t hash = call.symbol.number() * 2 + (call.returned ? 1 : 0);
            for (auto const& child : call.children) {
                if (!Forest::is_event(child) && !forest_.set_aside(child)) {
                    children.push_back(forest_[child.index].symbol);
                    hash = mixed(hash, children.back().number());
                }
            }
            auto& alike = by_hash[hash];
            auto const found = std::ranges::find_if(alike, [&](auto n) {
                return cases_[n].is_like(call.symbol, children, call.returned);
            });
            case_of_[c] = found != alike.end() ? *found : static_cast<std::uint32_t>(cases_.size());
            if (found == alike.end()) {
                alike.push_back(case_of_[c]);
                cases_.push_back({call.symbol, children, call.returned, 0});
            }
            ++cases_[case_of_[c]].calls;
        }
    }

    static std::size_t mixed(std::size_t hash, std::size_t number) {
        constexpr std::size_t kFactor = 0x9e3779b97f4a7c15;
        return (hash ^ number) * kFactor ^ (hash >> 29);
    }

    void judge_all() {
        judged_ = {};
        impossible_ = 0;
        lacking_.clear();
        judgements_.clear();
        for (auto const& one : cases_) {
            auto const& judgement = judgements_.emplace_back(judge(one));
            if (judgement.kind == Judgement::Kind::unmodelled) {
                continue;
            }
            judged_.calls += one.calls;
            if (judgement.kind == Judgement::Kind::allowed) {
                judged_.accepted += one.calls;
                continue;
            }
            impossible_ += one.calls;
            for (auto const symbol : judgement.reading.lacking) {
                lacking_[symbol] += one.calls;
            }
        }
    }

    bool is_unseen(Case const& one, Judgement const& judgement) {
        return habits_ && habits_->judge(one.symbol, judgement.own, one.returned) ==
                              Habits::Answer::unseen;
    }

    /// Of the cases that the code allows: were they ever so?
    void judge_habits() {
        for (std::size_t n = 0; n < cases_.size(); ++n) {
            auto& judgement = judgements_[n];
            if (judgement.kind == Judgement::Kind::allowed && is_unseen(cases_[n], judgement)) {
                judgement.kind = Judgement::Kind::unseen;
                judged_.accepted -= cases_[n].calls;
            }
        }
    }

    /// Functions that the capture shows nowhere, although more than one call lacks them: one after
    /// the other, as long as that explains something.
    void find_untraced(ConformanceResult& out) {
        for (auto wrong = impossible_; wrong > 0; wrong = impossible_) {
            auto const symbol = most_lacking();
            if (symbol.empty()) {
                return;
            }
            untraced_.insert(symbol);
            judge_all();
            if (impossible_ >= wrong) {
                untraced_.erase(symbol);
                judge_all();
                return;
            }
            out.untraced.emplace_back(symbol.view());
        }
    }

    /// That most calls lack; empty if none counts.
    trace::Name most_lacking() const {
        NameSet shown;
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

    Judgement judge(Case const& one) {
        Judgement judgement;
        auto const* const order = orders_.of(one.symbol);
        if (!order) {
            return judgement;
        }
        judgement.own = one.children;
        for (std::size_t i = 0; i < one.children.size(); ++i) {
            judgement.kept.push_back(i);
        }
        read(*order, judgement);
        if (judgement.reading.accepts(one.returned)) {
            judgement.kind = Judgement::Kind::allowed;
        } else if (forest_.trees.lost_markers == 0) { // Else it may be another task's.
            judgement.kind = Judgement::Kind::impossible;
        }
        return judgement;
    }

    /// Reads the children, without switches to another task that the function did not ask for.
    void read(ChildOrder const& order, Judgement& judgement) {
        auto& own = judgement.own;
        judgement.reading = order.read(own, untraced_);
        while (switch_ && judgement.reading.read < own.size()) {
            auto const length = switch_at(own, judgement.reading.read);
            if (length == 0) {
                break;
            }
            auto const first = static_cast<std::ptrdiff_t>(judgement.reading.read);
            auto const last = first + static_cast<std::ptrdiff_t>(length);
            own.erase(own.begin() + first, own.begin() + last);
            judgement.kept.erase(judgement.kept.begin() + first, judgement.kept.begin() + last);
            ++judgement.preemptions;
            judgement.reading = order.read(own, untraced_);
        }
    }

    /// How many children from `first` on are a whole switch; 0 if there is none.
    std::size_t switch_at(ChildList const& children, std::size_t first) const {
        return switch_->read(std::span(children).subspan(first), untraced_).shortest;
    }

    Divergence unseen(CallIndex c, Judgement const& judgement) const {
        auto const& call = forest_[c];
        Divergence d;
        d.kind = DifferenceKind::unseen;
        d.function = call.name.view();
        d.parent = d.function;
        d.capture_line = call.first_line;
        d.call_line = call.first_line;
        d.reason = fmt::format("{} was never seen to make these calls: {}", d.parent,
                               excerpt(fold(judgement.own)));
        return d;
    }

    Divergence impossible(CallIndex c, Judgement const& judgement) const {
        auto const& call = forest_[c];
        auto const read = judgement.reading.read;
        auto const behind = read > 0 ? fmt::format(" behind `{}`", judgement.own[read - 1].view())
                                     : std::string(" at its start");
        Divergence d;
        d.parent = call.name.view();
        d.call_line = call.first_line;
        if (read < judgement.own.size()) {
            auto const& child = forest_[own_child(call, judgement.kept[read])];
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
        return d;
    }

    /// The call's n-th child that is not set aside.
    CallIndex own_child(trace::Call const& call, std::size_t n) const {
        for (auto const& child : call.children) {
            if (!Forest::is_event(child) && !forest_.set_aside(child) && n-- == 0) {
                return child.index;
            }
        }
        return kNoCall;
    }

    void add_to(ConformanceResult& out) {
        out.learned = judged_;
        out.total.accepted += judged_.accepted;
        out.unmodelled -= judged_.calls;
        for (std::size_t n = 0; n < cases_.size(); ++n) {
            out.preemptions += judgements_[n].preemptions * cases_[n].calls;
        }
        name_unmodelled(out);
        report(Judgement::Kind::impossible, out);
        report(Judgement::Kind::unseen, out);
        std::stable_sort(
            out.divergences.begin(), out.divergences.end(),
            [](auto const& a, auto const& b) { return a.capture_line < b.capture_line; });
    }

    void report(Judgement::Kind kind, ConformanceResult& out) const {
        if (std::ranges::find(judgements_, kind, &Judgement::kind) == judgements_.end()) {
            return;
        }
        for (CallIndex c = 0; c < case_of_.size(); ++c) {
            auto const n = case_of_[c];
            if (n != kNoCase && judgements_[n].kind == kind) {
                out.divergences.push_back(kind == Judgement::Kind::unseen
                                              ? unseen(c, judgements_[n])
                                              : impossible(c, judgements_[n]));
            }
        }
    }

    /// Leaves only names of functions of which nothing tells.
    void name_unmodelled(ConformanceResult& out) {
        std::set<std::string, std::less<>> names;
        for (auto const name : unmodelled_names_) {
            names.emplace(name.view());
        }
        for (std::size_t n = 0; n < cases_.size(); ++n) {
            if (judgements_[n].kind == Judgement::Kind::unmodelled) {
                names.emplace(trace::source_name(cases_[n].symbol).name.view());
            }
        }
        std::erase_if(out.unmodelled_names,
                      [&](std::string const& name) { return !names.contains(name); });
    }

    Forest const& forest_;
    ChildOrders& orders_;
    Habits* habits_;
    ChildOrder const* switch_; ///< what a preempted function shows; null if there is no preemption
    CuratedNames curated_;
    NameSet untraced_;                       ///< that the tracer passed over
    std::set<trace::Name> unmodelled_names_; ///< of calls whose entry is not shown
    std::vector<Case> cases_;
    std::vector<std::uint32_t> case_of_; ///< of each call; kNoCase: it is not judged
    std::vector<Judgement> judgements_;  ///< of each case
    std::map<trace::Name, std::size_t>
        lacking_; ///< what could have come instead: in how many calls
    Fitness judged_;
    std::size_t impossible_ = 0; ///< calls
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
