#include "sim/check/conformance.hpp"

#include "sim/check/explain.hpp"
#include "sim/check/frames.hpp"
#include "sim/check/mappings.hpp"
#include "sim/check/reading.hpp"
#include "sim/check/roles.hpp"
#include "sim/check/settle.hpp"
#include "sim/trace/name_table.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace kflow::check {
namespace {

using kernel::Answer;
using model::FunctionId;

/// Settling one guard may settle others; more rounds than this were never needed.
constexpr int kMostRounds = 6;

/// What a system call can change about a task. Where a capture shows the function, one call's
/// answer is not held against another's.
struct Change {
    std::string_view function;
    std::string_view guard;
};

constexpr std::array kChanges{
    Change{"__sched_setscheduler", "is_rt_task"}, // kernel/sched/syscalls.c (core.c until 6.10)
    Change{"__sched_setscheduler", "is_dl_task"},
    Change{"rt_mutex_setprio", "is_rt_task"}, // kernel/sched/core.c
    Change{"rt_mutex_setprio", "is_dl_task"},
    Change{"__arm64_sys_sched_setaffinity", "may_run_anywhere"},
    Change{"__arm64_sys_io_uring_setup", "uses_io_uring"}, // io_uring/io_uring.c
    Change{"do_timer_create", "has_posix_timers"},         // kernel/time/posix-timers.c
};

/// The roles of an asking call, for the rules of Evidence.
class AskingScope final : public CallScope {
public:
    AskingScope(Roles& roles, CallIndex call, Scope const& scope)
        : roles_(roles), call_(call), scope_(scope) {}

    kernel::ObjectId object(model::RoleId role) const override {
        auto const found = std::lower_bound(
            scope_.begin(), scope_.end(), role,
            [](auto const& entry, model::RoleId wanted) { return entry.first < wanted; });
        return found != scope_.end() && found->first == role
                   ? roles_.resolve(call_, found->second, 0)
                   : roles_.lookup(call_, role);
    }
    CallIndex call() const override { return call_; }
    CallIndex place(model::RoleId role) const override { return roles_.owner(object(role)); }

private:
    Roles& roles_;
    CallIndex call_;
    Scope const& scope_;
};

class Conformance {
public:
    Conformance(model::Program const& program, build::BuildFacts const& facts,
                trace::Capture const& capture, Forest const& forest, AutomataCache& cache,
                ConformanceOptions options)
        : program_(program), forest_(forest), cache_(cache),
          evidence_(program, facts, capture, forest),
          reader_(program, facts, evidence_, cache, options.filtered),
          roles_(program, evidence_, forest), explainer_(program, forest, cache, evidence_),
          explain_(options.explain), filtered_(options.filtered), votes_(options.votes) {}

    ConformanceResult run() {
        find_functions();
        find_outcomes();
        bool more = true;
        for (int round = 0; round < kMostRounds && more; ++round) {
            for (CallIndex c = 0; c < forest_.calls().size(); ++c) {
                if (is_judged(c)) {
                    judge(c);
                }
            }
            more = settled_.adopt();
        }
        count_all();
        report_unblamed();
        check_mappings(evidence_, out_);
        report_ties();
        finish();
        return std::move(out_);
    }

private:
    bool is_judged(CallIndex c) const {
        return forest_.noise[c] == 0 && !forest_[c].lost &&
               functions_[c] != model::kNone<FunctionId> && program_[functions_[c]].has_body;
    }

    void find_functions() {
        trace::NameTable<FunctionId> known;
        for (auto const name : forest_.names) {
            known.at(name) = program_.find_function(name.view());
        }
        functions_.reserve(forest_.calls().size());
        for (auto const& call : forest_.calls()) {
            functions_.push_back(known.get(call.name));
        }
        for (auto const& change : kChanges) {
            if (evidence_.has_call(change.function)) {
                changing_.push_back(program_.find_guard(change.guard));
            }
        }
    }

    /// From the leaves up: how each call can have ended, as far as its own children tell.
    void find_outcomes() {
        for (auto c = static_cast<CallIndex>(forest_.calls().size()); c-- > 0;) {
            if (!is_judged(c)) {
                continue;
            }
            auto const keys = cache_.get(functions_[c]).automaton.keys.size();
            Known const unknown{std::vector<Answer>(keys, Answer::unknown), {}};
            auto const reading = reader_.read(c, functions_[c], unknown);
            auto const& result = reader_.run(functions_[c], reading, unknown);
            if (result.accepted && !result.overflow && !reading.free_outcomes) {
                reader_.set_outcomes(c, result.outcomes);
            }
        }
    }

    /// What is known about each key and each loop of a call's automaton.
    struct Asked {
        Known known;
        std::vector<char> by_evidence;
        std::vector<kernel::ObjectId> objects;

        Answer answer(std::size_t key) const { return known.answers[key]; }
        /// With another answer to one key.
        Known known_with(std::size_t key, Answer answer) const {
            auto other = known;
            other.answers[key] = answer;
            return other;
        }
    };

    bool can_settle(Key const& key) const {
        if (std::find(changing_.begin(), changing_.end(), key.guard) != changing_.end()) {
            return false;
        }
        return key.scope == model::GuardScope::system ||
               (key.scope == model::GuardScope::role && key.object.kind != Reference::Kind::member);
    }

    Asked ask(CallIndex c) {
        auto const& automaton = cache_.get(functions_[c]).automaton;
        Asked asked;
        auto& answers = asked.known.answers;
        answers.assign(automaton.keys.size(), Answer::unknown);
        asked.by_evidence.assign(automaton.keys.size(), 0);
        asked.objects.resize(automaton.keys.size());
        for (std::size_t k = 0; k < automaton.keys.size(); ++k) {
            auto const& key = automaton.keys[k];
            if (evidence_.has_rule(key.guard)) {
                AskingScope const scope(roles_, c, automaton.scopes[key.asker]);
                answers[k] = evidence_.answer(key.guard, scope);
                asked.by_evidence[k] = answers[k] != Answer::unknown ? 1 : 0;
            }
            if (key.scope == model::GuardScope::role) {
                asked.objects[k] = roles_.resolve(c, key.object, 0);
            }
            if (answers[k] == Answer::unknown && can_settle(key)) {
                answers[k] = settled_.answer(key.guard, asked.objects[k]);
            }
        }
        for (auto const& loop : automaton.loops) {
            AskingScope const scope(roles_, c, automaton.scopes[loop.asker]);
            asked.known.rounds.push_back(evidence_.count(loop.collection, scope));
        }
        return asked;
    }

    void judge(CallIndex c) {
        auto const function = functions_[c];
        auto const asked = ask(c);
        auto const reading = reader_.read(c, function, asked.known);
        auto const& result = reader_.run(function, reading, asked.known);
        if (!result.accepted) {
            return;
        }
        if (!result.overflow) {
            auto const& keys = cache_.get(function).automaton.keys;
            for (std::size_t k = 0; k < keys.size(); ++k) {
                auto const one = result.asked[k] == 1 || result.asked[k] == 2;
                if (one && asked.answer(k) == Answer::unknown && can_settle(keys[k]) &&
                    is_forced(function, reading, asked, k, result.asked[k] == 2)) {
                    settled_.vote(keys[k].guard, asked.objects[k], result.asked[k] == 2, c);
                }
            }
        }
        bind_children(c, reading, result);
    }

    /// Whether the call fits with no other answer: a run that does not ask at all fits with either.
    bool is_forced(FunctionId function, Reading const& reading, Asked const& asked, std::size_t key,
                   bool yes) {
        auto const other = asked.known_with(key, yes ? Answer::no : Answer::yes);
        return !reader_.run(function, reading, other).accepted;
    }

    /// Hands on what the accepted call bound for each child.
    void bind_children(CallIndex c, Reading const& reading, Run const& result) {
        auto const& automaton = cache_.get(functions_[c]).automaton;
        for (std::size_t i = 0; i < reading.sources.size(); ++i) {
            if (Forest::is_event(reading.sources[i]) || result.taken[i].empty()) {
                continue;
            }
            auto const child = reading.sources[i].index;
            auto const step = [&](Run::Taken const& t) -> Step const& {
                return automaton.nodes[t.node].steps[t.step];
            };
            auto const& first = step(result.taken[i].front());
            auto scope = automaton.scopes[first.scope];
            for (auto const& taken : result.taken[i]) {
                scope = common(std::move(scope), automaton.scopes[step(taken).scope]);
            }
            roles_.bind(child, roles_.resolve(c, scope, i));
            std::uint8_t demanded = 0;
            for (auto const& taken : result.taken[i]) {
                demanded |= step(taken).outcomes;
            }
            reader_.demand(child, demanded & (kSucceeded | kFailed));
            // A name that several files have: the caller's text says which one it calls.
            if (first.callee != model::kNone<FunctionId> &&
                functions_[child] != model::kNone<FunctionId>) {
                functions_[child] = first.callee;
            }
        }
    }

    /// Where runs do not agree on what a role stands for, it is some thing that nothing is known
    /// of.
    static Scope common(Scope scope, Scope const& other) {
        auto const binds = [](Scope const& in, model::RoleId role) {
            return std::ranges::find(in, role, &Scope::value_type::first);
        };
        for (auto& [role, object] : scope) {
            auto const found = binds(other, role);
            if (found == other.end() || found->second != object) {
                object = {Reference::Kind::member, role, kNoFrame};
            }
        }
        for (auto const& [role, object] : other) {
            if (binds(scope, role) == scope.end()) {
                scope.push_back({role, {Reference::Kind::member, role, kNoFrame}});
            }
        }
        std::ranges::sort(scope);
        return scope;
    }

    void count_all() {
        std::map<FunctionId, FunctionCount> functions;
        std::map<std::string_view, std::size_t> unmodelled;
        for (CallIndex c = 0; c < forest_.calls().size(); ++c) {
            auto const& call = forest_[c];
            if (forest_.noise[c] != 0) {
                continue;
            }
            out_.cut += call.returned && call.entered && !call.lost ? 0U : 1U;
            if (call.lost) {
                continue; // What is missing below it nobody knows.
            }
            ++out_.total.calls;
            if (!is_judged(c)) {
                ++out_.unmodelled;
                ++unmodelled[call.name.view()];
                continue;
            }
            auto const accepted = count(c);
            auto& f = functions[functions_[c]];
            ++f.calls;
            f.accepted += accepted ? 1 : 0;
        }
        for (auto& [id, f] : functions) {
            f.file = program_[program_[id].file];
            f.name = program_[id].name;
            out_.functions.push_back(f);
            out_.curated.calls += f.calls;
            out_.curated.accepted += f.accepted;
        }
        out_.total.accepted = out_.curated.accepted;
        name_unmodelled(unmodelled);
    }

    void name_unmodelled(std::map<std::string_view, std::size_t> const& unmodelled) {
        std::vector<std::pair<std::size_t, std::string_view>> order;
        for (auto const& [name, calls] : unmodelled) {
            order.emplace_back(calls, name);
        }
        std::stable_sort(order.begin(), order.end(),
                         [](auto const& a, auto const& b) { return a.first > b.first; });
        for (auto const& [calls, name] : order) {
            out_.unmodelled_names.emplace_back(name);
        }
    }

    /// The final verdict on one call.
    bool count(CallIndex c) {
        auto const function = functions_[c];
        auto const asked = ask(c);
        auto const reading = reader_.read(c, function, asked.known);
        auto const& result = reader_.run(function, reading, asked.known);
        out_.preemptions += reading.preemptions;
        if (!result.accepted) {
            explain(c, function, reading, asked);
            return false;
        }
        if (reading.free_outcomes) {
            blamed_.push_back(c);
        }
        out_.overflow += result.overflow ? 1 : 0;
        out_.classes.matched += static_cast<std::size_t>(
            std::count_if(reading.sources.begin(), reading.sources.end(),
                          [](Child const& child) { return !Forest::is_event(child); }));
        vote(c, function, reading, asked);
        count_members(c, reading, asked);
        count_guards(function, reading, asked, result);
        for (auto const reason_id : result.maybes) {
            ++out_.maybes[std::string(program_[static_cast<model::ReasonId>(reason_id)])];
        }
        return true;
    }

    void vote(CallIndex c, FunctionId function, Reading const& reading, Asked const& asked) {
        auto const& automaton = cache_.get(function).automaton;
        if (votes_ == nullptr || automaton.open_calls.empty() || reading.free_outcomes) {
            return;
        }
        auto const& run = reader_.passed(function, reading, asked.known);
        if (!run.overflow) {
            votes_->add(automaton, run, forest_, c, reading.sources);
        }
    }

    void explain(CallIndex c, FunctionId function, Reading const& reading, Asked const& asked) {
        auto const result = reader_.run(function, reading, asked.known);
        auto all = explainer_.divergences(c, function, reading,
                                          reader_.differences(function, reading, asked.known));
        auto const why = reason(function, reading, asked);
        for (auto& d : all) {
            d.reason += why;
            d.expected = explain_ ? explainer_.expectation(function, reading, result) : "";
            out_.divergences.push_back(std::move(d));
        }
    }

    /// Calls that go on as if a child had ended otherwise than its own children say: the child is
    /// to blame, if it was found to differ; else they are.
    void report_unblamed() {
        for (auto const c : blamed_) {
            auto const& call = forest_[c];
            auto const found = std::any_of(
                out_.divergences.begin(), out_.divergences.end(), [&](Divergence const& d) {
                    return d.capture_line >= call.first_line && d.capture_line <= call.last_line;
                });
            if (!found) {
                auto const asked = ask(c);
                explain(c, functions_[c], reader_.read_strictly(c, functions_[c]), asked);
            }
        }
    }

    void count_members(CallIndex c, Reading const& reading, Asked const& asked) {
        auto const& loops = cache_.get(functions_[c]).automaton.loops;
        if (loops.empty() || filtered_) {
            return;
        }
        auto const& rounds = reader_.rounds(functions_[c], reading, asked.known);
        for (std::size_t l = 0; l < rounds.size(); ++l) {
            if (rounds[l] > 0) {
                out_.counts.push_back({std::string(program_[loops[l].collection].name),
                                       std::string(program_[loops[l].function].name),
                                       forest_[c].first_line, rounds[l], asked.known.rounds[l]});
            }
        }
    }

    /// Whether both answers to a guard read the same children at the same places of the model, so
    /// that nothing visible follows from it in this call.
    bool decides_nothing(FunctionId function, Reading const& reading, Asked const& asked,
                         std::size_t key) {
        auto const yes = reader_.run(function, reading, asked.known_with(key, Answer::yes));
        auto const& no = reader_.run(function, reading, asked.known_with(key, Answer::no));
        // A filter leaves only the names: where a call came from is nothing that could be seen.
        return (filtered_ || yes.taken == no.taken) && yes.outcomes == no.outcomes;
    }

    void count_guards(FunctionId function, Reading const& reading, Asked const& asked,
                      Run const& result) {
        auto const& keys = cache_.get(function).automaton.keys;
        for (std::size_t k = 0; k < keys.size(); ++k) {
            if (result.asked[k] == 0) {
                continue;
            }
            ++out_.guards.asked;
            if (asked.by_evidence[k]) {
                ++out_.guards.known;
            } else if (result.asked[k] != 3 || asked.answer(k) != Answer::unknown) {
                ++out_.guards.settled;
            } else if (decides_nothing(function, reading, asked, k)) {
                ++out_.guards.idle;
            } else {
                ++out_.guards.unsettled;
                ++out_.unsettled[std::string(program_[keys[k].guard].name)];
            }
        }
    }

    /// Where another answer to one guard would make the list fit, that guard is the reason.
    std::string reason(FunctionId function, Reading const& reading, Asked const& asked) {
        auto const& keys = cache_.get(function).automaton.keys;
        std::string text;
        for (std::size_t k = 0; k < keys.size(); ++k) {
            if (asked.answer(k) == Answer::unknown) {
                continue;
            }
            auto const other = asked.known_with(k, Answer::unknown);
            if (!reader_.run(function, reading, other).accepted) {
                continue;
            }
            auto const yes = asked.answer(k) == Answer::yes;
            text += fmt_guard(program_[keys[k].guard].name, yes);
            if (asked.by_evidence[k]) {
                text += ", as the capture's events say";
            } else if (auto const voter = settled_.voter(keys[k].guard, asked.objects[k], yes);
                       voter != kNoCall) {
                text += ", as the call in line " + std::to_string(forest_[voter].first_line) +
                        " showed";
            }
        }
        return text;
    }

    static std::string fmt_guard(std::string_view guard, bool yes) {
        std::string text = "; `";
        text += guard;
        text += yes ? "` holds here" : "` does not hold here";
        return text;
    }

    /// Two calls that contradict each other about one thing, with nobody to decide: both differ.
    void report_ties() {
        for (auto const& tie : settled_.ties()) {
            auto const c = tie.adopted_by;
            auto const& call = forest_[c];
            Divergence d;
            d.kind = DifferenceKind::extra;
            d.function = call.name.view();
            d.parent = d.function;
            d.capture_line = call.first_line;
            d.model_file = program_[program_[functions_[c]].file];
            d.model_line = program_[functions_[c]].line;
            d.reason = "`";
            d.reason += program_[tie.guard].name;
            d.reason += "` is answered otherwise by the call in line " +
                        std::to_string(forest_[tie.other].first_line);
            out_.divergences.push_back(std::move(d));
        }
    }

    void finish() {
        out_.noise = forest_.noise_calls;
        out_.groups = forest_.noise_groups;
        std::stable_sort(
            out_.divergences.begin(), out_.divergences.end(),
            [](auto const& a, auto const& b) { return a.capture_line < b.capture_line; });
        std::stable_sort(out_.counts.begin(), out_.counts.end(), [](auto const& a, auto const& b) {
            return a.capture_line < b.capture_line;
        });
        std::sort(out_.functions.begin(), out_.functions.end(), [](auto const& a, auto const& b) {
            return std::tie(a.file, a.name) < std::tie(b.file, b.name);
        });
    }

    model::Program const& program_;
    Forest const& forest_;
    AutomataCache& cache_;
    Evidence evidence_;
    Reader reader_;
    Roles roles_;
    Settled settled_;
    Explainer explainer_;
    bool explain_;
    bool filtered_;
    CallVotes* votes_;
    std::vector<FunctionId> functions_;    ///< of each call
    std::vector<model::GuardId> changing_; ///< by system calls of the capture: kChanges
    std::vector<CallIndex> blamed_;        ///< calls whose children must have ended otherwise
    ConformanceResult out_;
};

} // namespace

ConformanceResult check_conformance(model::Program const& program, build::BuildFacts const& facts,
                                    trace::Capture const& capture, Forest const& forest,
                                    AutomataCache& cache, ConformanceOptions options) {
    return Conformance(program, facts, capture, forest, cache, options).run();
}

} // namespace kflow::check
