#include "sim/check/window_judge.hpp"

#include "sim/check/explain.hpp"
#include "sim/check/frames.hpp"
#include "sim/check/roles.hpp"
#include "sim/trace/name_table.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <utility>

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

/// Judges the calls of one window.
class WindowJudge {
public:
    WindowJudge(Evidence const& evidence, Reader& reader, AutomataCache& cache,
                WindowSums const& sums, JudgeOptions const& options)
        : program_(evidence.program), forest_(evidence.forest), cache_(cache), evidence_(evidence),
          reader_(reader), roles_(program_, evidence, evidence.forest), settled_(sums.settled),
          explainer_(program_, evidence.forest, cache, evidence), options_(options), sums_(sums),
          out_(sums.result) {}

    void run() {
        find_functions();
        find_outcomes();
        bool more = true;
        for (int round = 0; round < kMostRounds && more; ++round) {
            for (auto const c : known_) {
                if (is_judged(c) && may_answer_anew(c)) {
                    judge(c);
                }
            }
            more = settled_.adopt();
        }
        auto const first = out_.divergences.size();
        count_all();
        report_unblamed(first);
        sums_.mappings.check(evidence_, out_);
        report_ties();
        out_.noise += forest_.noise_calls;
        out_.groups += forest_.noise_groups;
    }

private:
    bool is_judged(CallIndex c) const {
        return functions_[c] != model::kNone<FunctionId> && program_[functions_[c]].has_body &&
               is_looked_at(c);
    }

    bool is_looked_at(CallIndex c) const {
        return forest_.noise[c] == 0 && forest_.has_begin(c) && !forest_.is_unfinished(c);
    }

    void find_functions() {
        trace::NameTable<FunctionId> known;
        for (auto const name : forest_.names) {
            known.at(name) = program_.find_function(name.view());
        }
        functions_.reserve(forest_.calls().size());
        asked_at_.assign(forest_.calls().size(), 0);
        changed_.assign(forest_.calls().size(), 0);
        for (CallIndex c = 0; c < forest_.calls().size(); ++c) {
            functions_.push_back(known.get(forest_[c].name));
            if (functions_[c] != model::kNone<FunctionId> && is_looked_at(c)) {
                known_.push_back(c);
            }
        }
        for (auto const& change : kChanges) {
            if (evidence_.has_call(change.function)) {
                changing_.push_back(program_.find_guard(change.guard));
            }
        }
    }

    /// From the leaves up: how each call can have ended, as far as its own children tell.
    void find_outcomes() {
        for (auto place = known_.rbegin(); place != known_.rend(); ++place) {
            auto const c = *place;
            if (!is_judged(c)) {
                continue;
            }
            auto const keys = cache_.get(functions_[c]).automaton.keys.size();
            Known const unknown{std::vector<Answer>(keys, Answer::unknown), {}};
            auto const& reading = reader_.read(c, functions_[c], unknown);
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
        std::vector<std::size_t> open; ///< keys that another call may settle
        std::uint32_t when = 0;        ///< 0: never; else changes_ then

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

    /// Whether another round can say something new of a call.
    bool may_answer_anew(CallIndex c) const {
        auto const& asked = asked_[asked_at_[c]];
        return asked_at_[c] == 0 || !asked.open.empty() || asked.when <= last_change(c);
    }

    /// When something was last handed on to a call, or to one around it.
    std::uint32_t last_change(CallIndex c) const {
        std::uint32_t last = 0;
        for (; c != kNoCall; c = forest_[c].parent) {
            last = std::max(last, changed_[c]);
        }
        return last;
    }

    Asked const& ask(CallIndex c) {
        if (asked_at_[c] == 0) {
            asked_at_[c] = static_cast<std::uint32_t>(asked_.size());
            asked_.emplace_back();
        }
        auto& asked = asked_[asked_at_[c]];
        if (asked.when == 0 || asked.when <= last_change(c)) {
            asked = ask_evidence(c);
        }
        auto const& keys = cache_.get(functions_[c]).automaton.keys;
        std::erase_if(asked.open, [&](std::size_t k) {
            auto& answer = asked.known.answers[k];
            answer = settled_.answer(keys[k].guard, asked.objects[k]);
            return answer != Answer::unknown;
        });
        return asked;
    }

    Asked ask_evidence(CallIndex c) {
        auto const& automaton = cache_.get(functions_[c]).automaton;
        Asked asked;
        asked.when = ++changes_;
        auto& answers = asked.known.answers;
        answers.assign(automaton.keys.size(), Answer::unknown);
        asked.by_evidence.assign(automaton.keys.size(), 0);
        asked.objects.resize(automaton.keys.size());
        for (std::size_t k = 0; k < automaton.keys.size(); ++k) {
            auto const& key = automaton.keys[k];
            if (!forest_[c].lost && evidence_.has_rule(key.guard)) {
                AskingScope const scope(roles_, c, automaton.scopes[key.asker]);
                answers[k] = evidence_.answer(key.guard, scope);
                asked.by_evidence[k] = answers[k] != Answer::unknown ? 1 : 0;
            }
            if (key.scope == model::GuardScope::role) {
                asked.objects[k] = roles_.resolve(c, key.object, 0);
            }
            if (answers[k] == Answer::unknown && can_settle(key)) {
                asked.open.push_back(k);
            }
        }
        for (auto const& loop : automaton.loops) {
            if (forest_[c].lost) { // What would tell may be missing.
                asked.known.rounds.push_back(std::nullopt);
                continue;
            }
            AskingScope const scope(roles_, c, automaton.scopes[loop.asker]);
            asked.known.rounds.push_back(evidence_.count(loop.collection, scope));
        }
        return asked;
    }

    void judge(CallIndex c) {
        auto const function = functions_[c];
        auto const& asked = ask(c);
        auto const& reading = reader_.read(c, function, asked.known);
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
                    settled_.vote(keys[k].guard, asked.objects[k], result.asked[k] == 2,
                                  {c, forest_[c].first_line, forest_[c].name, function});
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
            bool is_new = false;
            std::uint8_t demanded = 0;
            for (auto const& taken : result.taken[i]) {
                demanded |= step(taken).outcomes;
            }
            is_new = reader_.demand(child, demanded & (kSucceeded | kFailed)) || is_new;
            // A name that several files have: the caller's text says which one it calls.
            if (first.callee != model::kNone<FunctionId> &&
                functions_[child] != model::kNone<FunctionId>) {
                is_new = std::exchange(functions_[child], first.callee) != first.callee || is_new;
            }
            if (is_judged(child) || !forest_[child].children.empty()) { // else nobody asks there
                is_new = roles_.bind(child, bound_by(c, automaton, result.taken[i], i)) || is_new;
            }
            changed_[child] = is_new ? ++changes_ : changed_[child];
        }
    }

    Roles::Bound bound_by(CallIndex c, Automaton const& automaton,
                          std::vector<Run::Taken> const& taken, std::size_t letter) {
        auto const scope_of = [&](Run::Taken const& t) {
            return automaton.nodes[t.node].steps[t.step].scope;
        };
        auto const& first = automaton.scopes[scope_of(taken.front())];
        if (std::ranges::all_of(
                taken, [&](auto const& t) { return scope_of(t) == scope_of(taken.front()); })) {
            return roles_.resolve(c, first, letter);
        }
        auto scope = first;
        for (auto const& one : taken) {
            scope = common(std::move(scope), automaton.scopes[scope_of(one)]);
        }
        return roles_.resolve(c, scope, letter);
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
        for (CallIndex c = 0; c < forest_.calls().size(); ++c) {
            auto const& call = forest_[c];
            if (forest_.noise[c] != 0 || forest_.is_unfinished(c)) {
                continue;
            }
            out_.cut += call.entered && forest_.has_end(c) ? 0U : 1U;
            if (!forest_.has_begin(c)) {
                continue; // What is missing below it nobody knows.
            }
            ++out_.total.calls;
            if (!is_judged(c)) {
                ++out_.unmodelled;
                ++sums_.unmodelled.at(call.name);
                continue;
            }
            auto const accepted = count(c);
            auto& f = sums_.functions[model::index_of(functions_[c])];
            ++f.calls;
            f.accepted += accepted ? 1 : 0;
        }
    }

    /// The final verdict on one call.
    bool count(CallIndex c) {
        auto const function = functions_[c];
        auto const& asked = ask(c);
        auto const& reading = reader_.read(c, function, asked.known);
        auto const& result = reader_.run(function, reading, asked.known);
        out_.preemptions += reading.preemptions;
        if (!result.accepted) {
            explain(c, function, reading, asked);
            return false;
        }
        if (reading.free_outcomes) {
            blamed_.push_back(c);
        }
        out_.overflow += result.guessed ? 1 : 0;
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
        if (options_.votes == nullptr || automaton.open_calls.empty() || reading.free_outcomes) {
            return;
        }
        auto const& run = reader_.passed(function, reading, asked.known);
        if (!run.overflow) {
            options_.votes->add(automaton, run, forest_, c, reading.sources);
        }
    }

    void explain(CallIndex c, FunctionId function, Reading const& reading, Asked const& asked) {
        auto const result = reader_.run(function, reading, asked.known);
        auto all = explainer_.divergences(c, function, reading,
                                          reader_.differences(function, reading, asked.known));
        auto const why = reason(function, reading, asked);
        for (auto& d : all) {
            d.reason += why;
            d.expected = options_.explain ? explainer_.expectation(function, reading, result) : "";
            out_.divergences.push_back(std::move(d));
        }
    }

    /// Calls that go on as if a child had ended otherwise than its own children say: the child is
    /// to blame, if it was found to differ; else they are. The window's differences begin at
    /// `first`.
    void report_unblamed(std::size_t first) {
        for (auto const c : blamed_) {
            auto const& call = forest_[c];
            auto const found = std::any_of(
                out_.divergences.begin() + static_cast<std::ptrdiff_t>(first),
                out_.divergences.end(), [&](Divergence const& d) {
                    return d.capture_line >= call.first_line && d.capture_line <= call.last_line;
                });
            if (!found) {
                auto const& asked = ask(c);
                explain(c, functions_[c], reader_.read_strictly(c, functions_[c]), asked);
            }
        }
    }

    void count_members(CallIndex c, Reading const& reading, Asked const& asked) {
        auto const& loops = cache_.get(functions_[c]).automaton.loops;
        if (loops.empty() || options_.is_filtered) {
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
    /// that nothing visible follows from it in this call. `result`: without an answer. Where rounds
    /// of a loop ask each for itself, one answer for all of them may not fit, or neither.
    bool decides_nothing(FunctionId function, Reading const& reading, Asked const& asked,
                         Run const& result, std::size_t key) {
        auto const& run_yes = reader_.run(function, reading, asked.known_with(key, Answer::yes));
        auto const& run_no = reader_.run(function, reading, asked.known_with(key, Answer::no));
        auto const& yes = run_yes.accepted ? run_yes : result;
        auto const& no = run_no.accepted ? run_no : result;
        // A filter leaves only the names: where a call came from is nothing that could be seen.
        return (options_.is_filtered || yes.taken == no.taken) && yes.outcomes == no.outcomes;
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
            } else if (decides_nothing(function, reading, asked, result, k)) {
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
            } else if (auto const* voter = settled_.voter(keys[k].guard, asked.objects[k], yes)) {
                text += ", as the call in line " + std::to_string(voter->line) + " showed";
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
        for (auto const& tie : settled_.take_ties()) {
            auto const& voter = tie.adopted_by;
            Divergence d;
            d.kind = DifferenceKind::extra;
            d.function = voter.name.view();
            d.parent = d.function;
            d.capture_line = voter.line;
            d.model_file = program_[program_[voter.function].file];
            d.model_line = program_[voter.function].line;
            d.reason = "`";
            d.reason += program_[tie.guard].name;
            d.reason +=
                "` is answered otherwise by the call in line " + std::to_string(tie.other.line);
            out_.divergences.push_back(std::move(d));
        }
    }

    model::Program const& program_;
    Forest const& forest_;
    AutomataCache& cache_;
    Evidence const& evidence_;
    Reader& reader_;
    Roles roles_;
    Settled& settled_;
    Explainer explainer_;
    JudgeOptions options_;
    std::vector<FunctionId> functions_;   ///< of each call
    std::vector<CallIndex> known_;        ///< calls of functions that the model names
    std::vector<std::uint32_t> asked_at_; ///< of each call: its place in asked_, or 0
    std::deque<Asked> asked_{1};
    std::vector<std::uint32_t> changed_;   ///< of each call: when something new was handed on to it
    std::uint32_t changes_ = 0;            ///< so far; a clock
    std::vector<model::GuardId> changing_; ///< by system calls of the capture: kChanges
    std::vector<CallIndex> blamed_;        ///< calls whose children must have ended otherwise
    WindowSums sums_;
    ConformanceResult& out_;
};

} // namespace

void judge_window(Evidence const& evidence, Reader& reader, AutomataCache& cache,
                  WindowSums const& sums, JudgeOptions const& options) {
    WindowJudge(evidence, reader, cache, sums, options).run();
}

} // namespace kflow::check
