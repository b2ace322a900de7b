#include "sim/check/uncurated.hpp"

#include "sim/check/call_cases.hpp"
#include "sim/check/case_judge.hpp"
#include "sim/check/curated.hpp"
#include "sim/check/folded_list.hpp"
#include "sim/trace/name_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

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

/// A call that may have to be reported.
struct DoubtfulCall {
    std::uint32_t case_number = 0;
    std::uint32_t first_line = 0;
    std::uint32_t last_line = 0;
    std::vector<std::uint32_t> child_lines;
};

} // namespace

class UncuratedCheck::Impl {
public:
    Impl(model::Program const& program, UncuratedKnowledge const& known)
        : judge_(*known.orders, known.is_preemptible), habits_(known.habits), curated_(program) {}

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
                cases_.find_or_add(call.symbol, own_children(forest, c), forest.has_end(c));
            if (number == judgements_.size()) {
                judgements_.push_back(judge_(cases_[number]));
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
        CallCase const one{call.symbol, own_children(forest, c), forest.has_end(c), 1};
        auto const judgement = call.entered ? judge_(one) : Judgement();
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
            judge_.pass_over(trace::Name(name));
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

    bool is_unseen(CallCase const& one, Judgement const& judgement) const {
        return habits_ &&
               habits_->judge(one.symbol, judgement.own, one.returned) == Habits::Answer::unseen;
    }

    /// With other functions that are not traced. Habits do not count then: every list lacks
    /// something.
    void judge_anew() {
        std::ranges::transform(cases_, judgements_.begin(),
                               [this](CallCase const& one) { return judge_(one); });
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
            judge_.pass_over(symbol);
            judge_anew();
            if (impossible_ >= wrong) {
                judge_.look_again(symbol);
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

    CaseJudge judge_;
    Habits* habits_;
    CuratedNames curated_;
    trace::NameTable<char> shown_; ///< symbols that are called somewhere
    NameSet beginless_;            ///< functions whose entry is not shown in some call
    bool has_losses_ = false;      ///< records were lost
    ChildList children_;           ///< of the call that is looked at
    CallCases cases_;
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
