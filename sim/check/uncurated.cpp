#include "sim/check/uncurated.hpp"

#include "sim/check/curated.hpp"
#include "sim/check/folded_list.hpp"
#include "sim/trace/name_table.hpp"
#include "sim/trace/noise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
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

/// More calls than these are not reported one by one.
constexpr std::size_t kMostKept = 1 << 20;

/// What fits on a line or two.
std::string excerpt(std::string text) {
    constexpr std::size_t longest = 160;
    if (text.size() > longest) {
        text.resize(text.rfind(' ', longest));
        text += " …";
    }
    return text;
}

/// Calls of one function with the same children.
struct Case {
    trace::Name symbol;
    ChildList children; ///< their symbols
    bool returned = false;
    std::size_t calls = 0;
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

/// A call that may have to be reported.
struct DoubtfulCall {
    std::uint32_t case_number = 0;
    std::uint32_t first_line = 0;
    std::uint32_t last_line = 0;
    std::vector<std::uint32_t> child_lines;
};

/// Cases by what they are.
class CaseIndex {
public:
    /// The number of the case; that of a new one, if there is none.
    std::uint32_t find_or_add(std::vector<Case>& cases, trace::Name symbol,
                              ChildList const& children, bool returned) {
        auto const next = static_cast<std::uint32_t>(cases.size());
        if (children.empty() && returned) {
            auto& leaf = leaves_.at(symbol); // most calls are
            if (leaf == 0) {
                leaf = next + 1;
                cases.push_back({symbol, {}, true, 0});
            }
            return leaf - 1;
        }
        std::size_t hash = symbol.number() * 2 + (returned ? 1 : 0);
        for (auto const child : children) {
            hash = mixed(hash, child.number());
        }
        auto& alike = by_hash_[hash];
        for (auto const number : alike) {
            auto const& known = cases[number];
            if (known.symbol == symbol && known.returned == returned &&
                known.children == children) {
                return number;
            }
        }
        alike.push_back(next);
        cases.push_back({symbol, children, returned, 0});
        return next;
    }

private:
    static std::size_t mixed(std::size_t hash, std::size_t number) {
        constexpr std::size_t kFactor = 0x9e3779b97f4a7c15;
        return (hash ^ number) * kFactor ^ (hash >> 29);
    }

    trace::NameTable<std::uint32_t> leaves_; ///< 1 + the number; 0: there is none
    std::unordered_map<std::size_t, std::vector<std::uint32_t>> by_hash_;
};

} // namespace

class UncuratedCheck::Impl {
public:
    Impl(model::Program const& program, UncuratedKnowledge const& known)
        : orders_(*known.orders), habits_(known.habits),
          switch_(known.is_preemptible ? orders_.of(trace::Name("__schedule")) : nullptr),
          curated_(program) {
        pass_over_switching();
    }

    void see(Forest const& forest) {
        has_losses_ = forest.trees.lost_markers > 0;
        for (CallIndex c = 0; c < forest.calls().size(); ++c) {
            auto const& call = forest[c];
            shown_.at(call.symbol) = 1;
            if (forest.noise[c] != 0 || !forest.has_begin(c) || forest.is_unfinished(c) ||
                curated_.has(call.name)) {
                continue;
            }
            if (!call.entered) {
                beginless_.insert(call.name);
                continue;
            }
            auto const number =
                index_.find_or_add(cases_, call.symbol, own_children(forest, c), forest.has_end(c));
            if (number == judgements_.size()) {
                judgements_.push_back(judge(cases_[number]));
                judge_habit(number);
            }
            ++cases_[number].calls;
            // The more functions were passed over, the more is possible: others are never reported.
            auto const kind = judgements_[number].kind;
            if (kind == Judgement::Kind::impossible || kind == Judgement::Kind::unseen) {
                keep(forest, c, number);
            }
        }
    }

    bool accepts(Forest const& forest, CallIndex c) {
        auto const& call = forest[c];
        Case const one{call.symbol, own_children(forest, c), forest.has_end(c), 1};
        auto const judgement = call.entered ? judge(one) : Judgement();
        return judgement.kind == Judgement::Kind::unmodelled ||
               (judgement.kind == Judgement::Kind::allowed && !is_unseen(one, judgement));
    }

    std::vector<SeenCall> whole_calls(ConformanceResult& out) {
        sum_up();
        find_untraced(out);
        std::vector<SeenCall> whole;
        for (std::size_t n = 0; out.untraced.empty() && n < cases_.size(); ++n) {
            if (cases_[n].returned && judgements_[n].kind == Judgement::Kind::allowed) {
                whole.push_back({cases_[n].symbol, judgements_[n].own, cases_[n].calls});
            }
        }
        return whole;
    }

    void finish(ConformanceResult& out) {
        for (auto const& name : out.untraced) {
            untraced_.insert(trace::Name(name));
        }
        if (out.untraced.empty()) {
            sum_up();
        } else {
            judge_anew();
        }
        find_untraced(out);
        if (impossible_ * kImpossible <= judged_.calls) {
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

    /// The symbols of a call's children. Good until the next call.
    ChildList const& own_children(Forest const& forest, CallIndex call) {
        children_.clear();
        for (auto const& child : forest.known_children(call)) {
            if (!Forest::is_event(child) && !forest.set_aside(child)) {
                children_.push_back(forest[child.index].symbol);
            }
        }
        return children_;
    }

    void keep(Forest const& forest, CallIndex call, std::uint32_t number) {
        if (doubtful_.size() >= kMostKept) {
            return;
        }
        auto& kept = doubtful_.emplace_back(
            DoubtfulCall{number, forest[call].first_line, forest[call].last_line, {}});
        for (auto const& child : forest.known_children(call)) {
            if (!Forest::is_event(child) && !forest.set_aside(child)) {
                kept.child_lines.push_back(forest[child.index].first_line);
            }
        }
    }

    /// A case that the code allows: was it ever so?
    void judge_habit(std::uint32_t number) {
        auto& judgement = judgements_[number];
        if (judgement.kind == Judgement::Kind::allowed && is_unseen(cases_[number], judgement)) {
            judgement.kind = Judgement::Kind::unseen;
        }
    }

    bool is_unseen(Case const& one, Judgement const& judgement) const {
        return habits_ &&
               habits_->judge(one.symbol, judgement.own, one.returned) == Habits::Answer::unseen;
    }

    /// With other functions that are not traced. Habits do not count then: every list lacks
    /// something.
    void judge_anew() {
        std::ranges::transform(cases_, judgements_.begin(),
                               [this](Case const& one) { return judge(one); });
        sum_up();
    }

    void sum_up() {
        judged_ = {};
        impossible_ = 0;
        lacking_.clear();
        for (std::size_t n = 0; n < cases_.size(); ++n) {
            auto& judgement = judgements_[n];
            if (judgement.kind == Judgement::Kind::impossible && has_losses_) {
                judgement.kind = Judgement::Kind::unmodelled; // It may be another task's.
            }
            auto const calls = cases_[n].calls;
            judged_.calls += judgement.kind != Judgement::Kind::unmodelled ? calls : 0;
            judged_.accepted += judgement.kind == Judgement::Kind::allowed ? calls : 0;
            if (judgement.kind == Judgement::Kind::impossible) {
                impossible_ += calls;
                for (auto const symbol : judgement.reading.lacking) {
                    lacking_[symbol] += calls;
                }
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
            auto const before = judgements_;
            untraced_.insert(symbol);
            judge_anew();
            if (impossible_ >= wrong) {
                untraced_.erase(symbol);
                judgements_ = before;
                sum_up();
                return;
            }
            out.untraced.emplace_back(symbol.view());
        }
    }

    /// That most calls lack; empty if none counts.
    trace::Name most_lacking() const {
        trace::Name most;
        auto calls = kFewestCalls - 1;
        for (auto const& [symbol, lacking] : lacking_) {
            if (lacking > calls && shown_.get(symbol) == 0) {
                most = symbol;
                calls = lacking;
            }
        }
        return most;
    }

    Judgement judge(Case const& one) const {
        Judgement judgement;
        auto const* const order = orders_.of(one.symbol);
        if (!order) {
            return judgement;
        }
        judgement.own = one.children;
        for (std::size_t i = 0; i < one.children.size(); ++i) {
            judgement.kept.push_back(i);
        }
        read(*order, one.returned, judgement);
        if (switch_ && !trace::calls_schedule(name_of(one.symbol))) {
            remove_whole_switches(*order, one.returned, judgement);
        }
        judgement.kind = judgement.reading.accepts(one.returned) ? Judgement::Kind::allowed
                                                                 : Judgement::Kind::impossible;
        return judgement;
    }

    /// Reads the children, without switches to another task that the function did not ask for.
    void read(ChildOrder const& order, bool returned, Judgement& judgement) const {
        judgement.reading = order.read(judgement.own, untraced_);
        while (switch_ && judgement.reading.read < judgement.own.size()) {
            auto const length = switch_at(judgement.own, judgement.reading.read);
            if (length == 0) {
                break;
            }
            remove_switch(order, judgement.reading.read, length, judgement);
        }
        if (switch_ && !judgement.reading.accepts(returned)) {
            find_switches(order, returned, judgement);
        }
    }

    void remove_switch(ChildOrder const& order, std::size_t at, std::size_t length,
                       Judgement& judgement) const {
        auto const first = static_cast<std::ptrdiff_t>(at);
        auto const last = static_cast<std::ptrdiff_t>(at + length);
        auto& own = judgement.own;
        own.erase(own.begin() + first, own.begin() + last);
        judgement.kept.erase(judgement.kept.begin() + first, judgement.kept.begin() + last);
        ++judgement.preemptions;
        judgement.reading = order.read(own, untraced_);
    }

    /// A call through a pointer may show anything, so switches may have been read as part of one:
    /// the switch without which the rest can be, or the first ones. (What a switch's class calls
    /// through a pointer may be anything as well: several are told by where they begin.)
    void find_switches(ChildOrder const& order, bool returned, Judgement& judgement) const {
        auto without_first = judgement;
        std::size_t removed = 0;
        for (std::size_t at = 0, end = 0; at < judgement.own.size(); ++at) {
            auto const length = switch_at(judgement.own, at);
            if (length == 0) {
                continue;
            }
            auto without = judgement;
            remove_switch(order, at, length, without);
            if (at >= end && trace::begins_switch(name_of(judgement.own[at]))) {
                remove_switch(order, at - removed, length, without_first);
                removed += length;
                end = at + length;
            }
            for (auto* const one : {&without, &without_first}) {
                if (one->reading.accepts(returned)) {
                    judgement = std::move(*one);
                    return;
                }
            }
        }
    }

    /// Nor does the function ask for a switch that could be read as what its pointers lead to: none
    /// leads to where a switch begins.
    void remove_whole_switches(ChildOrder const& order, bool returned, Judgement& judgement) const {
        auto const begins = [](trace::Name symbol) {
            return trace::begins_switch(name_of(symbol));
        };
        if (std::ranges::none_of(judgement.own, begins)) {
            return;
        }
        auto without = judgement;
        for (std::size_t at = 0; at < without.own.size();) {
            auto const length = begins(without.own[at]) ? switch_at(without.own, at) : 0;
            if (length > 0) {
                remove_switch(order, at, length, without);
            } else {
                ++at;
            }
        }
        if (without.reading.accepts(returned)) {
            judgement = std::move(without);
        }
    }

    /// How many children from `first` on are a whole switch; 0 if there is none.
    std::size_t switch_at(ChildList const& children, std::size_t first) const {
        return switch_->read(std::span(children).subspan(first), untraced_).shortest;
    }

    static trace::Name name_of(trace::Name symbol) { return trace::source_name(symbol).name; }

    Divergence unseen(DoubtfulCall const& call, Judgement const& judgement) const {
        Divergence d;
        d.kind = DifferenceKind::unseen;
        d.function = name_of(cases_[call.case_number].symbol).view();
        d.parent = d.function;
        d.capture_line = call.first_line;
        d.call_line = call.first_line;
        d.reason = fmt::format("{} was never seen to make these calls: {}", d.parent,
                               excerpt(fold(judgement.own)));
        return d;
    }

    Divergence impossible(DoubtfulCall const& call, Judgement const& judgement) const {
        auto const read = judgement.reading.read;
        auto const behind = read > 0 ? fmt::format(" behind `{}`", judgement.own[read - 1].view())
                                     : std::string(" at its start");
        Divergence d;
        d.parent = name_of(cases_[call.case_number].symbol).view();
        d.call_line = call.first_line;
        if (read < judgement.own.size()) {
            d.kind = DifferenceKind::extra;
            d.function = name_of(judgement.own[read]).view();
            d.capture_line = call.child_lines[judgement.kept[read]];
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

    void add_to(ConformanceResult& out) const {
        out.learned = judged_;
        out.total.accepted += judged_.accepted;
        out.unmodelled -= judged_.calls;
        for (std::size_t n = 0; n < cases_.size(); ++n) {
            out.preemptions += judgements_[n].preemptions * cases_[n].calls;
        }
        name_unmodelled(out);
        for (auto const kind : {Judgement::Kind::impossible, Judgement::Kind::unseen}) {
            for (auto const& call : doubtful_) {
                auto const& judgement = judgements_[call.case_number];
                if (judgement.kind == kind) {
                    out.divergences.push_back(kind == Judgement::Kind::unseen
                                                  ? unseen(call, judgement)
                                                  : impossible(call, judgement));
                }
            }
        }
        std::ranges::stable_sort(out.divergences, {}, &Divergence::capture_line);
    }

    /// Leaves only names of functions of which nothing tells.
    void name_unmodelled(ConformanceResult& out) const {
        auto names = beginless_;
        for (std::size_t n = 0; n < cases_.size(); ++n) {
            if (judgements_[n].kind == Judgement::Kind::unmodelled) {
                names.insert(name_of(cases_[n].symbol));
            }
        }
        std::erase_if(out.unmodelled_names,
                      [&](std::string const& name) { return !names.contains(trace::Name(name)); });
    }

    ChildOrders& orders_;
    Habits* habits_;
    ChildOrder const* switch_; ///< what a preempted function shows; null if there is no preemption
    CuratedNames curated_;
    NameSet untraced_;             ///< that the tracer passed over
    trace::NameTable<char> shown_; ///< symbols that are called somewhere
    NameSet beginless_;            ///< functions whose entry is not shown in some call
    bool has_losses_ = false;      ///< records were lost
    ChildList children_;           ///< of the call that is looked at
    CaseIndex index_;
    std::vector<Case> cases_;
    std::vector<DoubtfulCall> doubtful_; ///< in order
    std::vector<Judgement> judgements_;  ///< of each case
    std::map<trace::Name, std::size_t>
        lacking_; ///< what could have come instead: in how many calls
    Fitness judged_;
    std::size_t impossible_ = 0; ///< calls
};

UncuratedCheck::UncuratedCheck(model::Program const& program, UncuratedKnowledge const& known)
    : impl_(std::make_unique<Impl>(program, known)) {}
UncuratedCheck::~UncuratedCheck() = default;

void UncuratedCheck::see(Forest const& forest) {
    impl_->see(forest);
}

void UncuratedCheck::finish(ConformanceResult& result) {
    impl_->finish(result);
}

bool UncuratedCheck::accepts(Forest const& forest, CallIndex call) const {
    return impl_->accepts(forest, call);
}

std::vector<SeenCall> UncuratedCheck::whole_calls(ConformanceResult& result) {
    return impl_->whole_calls(result);
}

} // namespace kflow::check
