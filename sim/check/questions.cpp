#include "sim/check/questions.hpp"

#include "sim/check/frames.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kflow::check {
namespace {

using kernel::Answer;
using model::FunctionId;

/// Settling one guard may settle others; more rounds than this were never needed.
constexpr int kMostRounds = 6;

/// What a system call can change about a task or the machine. Where a capture shows the function,
/// one call's answer is not held against another's.
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
    Change{"proc_sys_write", "autogroup_enabled"},         // fs/proc/proc_sysctl.c
    Change{"proc_sys_write", "unprivileged_userns_allowed"},
    Change{"proc_sys_write", "wakeups_are_counted"},
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

/// Where runs do not agree on what a role stands for, it is some thing that nothing is known of.
Scope common(Scope scope, Scope const& other) {
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

} // namespace

Known Asked::known_with(std::size_t key, Answer answer) const {
    auto other = known;
    other.answers[key] = answer;
    return other;
}

Questions::Questions(Evidence const& evidence, WindowCalls& calls, Reader& reader,
                     AutomataCache& cache, Settled& settled)
    : program_(evidence.program), forest_(evidence.forest), evidence_(evidence), calls_(calls),
      reader_(reader), cache_(cache), settled_(settled),
      roles_(program_, evidence, evidence.forest), asked_at_(forest_.calls().size(), 0),
      changed_(forest_.calls().size(), 0) {
    for (auto const& change : kChanges) {
        if (evidence_.has_call(change.function)) {
            changing_.push_back(program_.find_guard(change.guard));
        }
    }
}

void Questions::settle() {
    find_outcomes();
    bool more = true;
    for (int round = 0; round < kMostRounds && more; ++round) {
        for (auto const c : calls_.known()) {
            if (calls_.is_judged(c) && may_answer_anew(c)) {
                hear(c);
            }
        }
        more = settled_.adopt();
    }
}

/// From the leaves up: how each call can have ended, as far as its own children tell.
void Questions::find_outcomes() {
    auto const& known = calls_.known();
    for (auto place = known.rbegin(); place != known.rend(); ++place) {
        auto const c = *place;
        if (!calls_.is_judged(c)) {
            continue;
        }
        auto const function = calls_.function(c);
        auto const keys = cache_.get(function).automaton.keys.size();
        Known const unknown{std::vector<Answer>(keys, Answer::unknown), {}};
        auto const& reading = reader_.read(c, function, unknown);
        auto const& run = reader_.run(function, reading, unknown);
        if (run.accepted && !run.overflow && !reading.free_outcomes) {
            reader_.set_outcomes(c, run.outcomes);
        }
    }
}

bool Questions::can_settle(Key const& key) const {
    if (std::find(changing_.begin(), changing_.end(), key.guard) != changing_.end()) {
        return false;
    }
    return key.scope == model::GuardScope::system ||
           (key.scope == model::GuardScope::role && key.object.kind != Reference::Kind::member);
}

/// Whether another round can say something new of a call.
bool Questions::may_answer_anew(CallIndex c) const {
    auto const& asked = asked_[asked_at_[c]];
    return asked_at_[c] == 0 || !asked.open.empty() || asked.when <= last_change(c);
}

/// When something was last handed on to a call, or to one around it.
std::uint32_t Questions::last_change(CallIndex c) const {
    std::uint32_t last = 0;
    for (; c != kNoCall; c = forest_[c].parent) {
        last = std::max(last, changed_[c]);
    }
    return last;
}

Asked const& Questions::ask(CallIndex c) {
    if (asked_at_[c] == 0) {
        asked_at_[c] = static_cast<std::uint32_t>(asked_.size());
        asked_.emplace_back();
    }
    auto& asked = asked_[asked_at_[c]];
    if (asked.when == 0 || asked.when <= last_change(c)) {
        asked = ask_evidence(c);
    }
    auto const& keys = cache_.get(calls_.function(c)).automaton.keys;
    std::erase_if(asked.open, [&](std::size_t k) {
        auto& answer = asked.known.answers[k];
        answer = settled_.answer(keys[k].guard, asked.objects[k]);
        return answer != Answer::unknown;
    });
    return asked;
}

Asked Questions::ask_evidence(CallIndex c) {
    auto const& automaton = cache_.get(calls_.function(c)).automaton;
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

/// What one call says of others.
void Questions::hear(CallIndex c) {
    auto const function = calls_.function(c);
    auto const& asked = ask(c);
    auto const& reading = reader_.read(c, function, asked.known);
    auto const& run = reader_.run(function, reading, asked.known);
    if (!run.accepted) {
        return;
    }
    if (!run.overflow) {
        vote(c, reading, run, asked);
    }
    bind_children(c, reading, run);
}

void Questions::vote(CallIndex c, Reading const& reading, Run const& run, Asked const& asked) {
    auto const function = calls_.function(c);
    auto const& keys = cache_.get(function).automaton.keys;
    for (std::size_t k = 0; k < keys.size(); ++k) {
        auto const yes = run.asked[k] == 2;
        auto const one = run.asked[k] == 1 || yes;
        if (one && asked.answer(k) == Answer::unknown && can_settle(keys[k]) &&
            is_forced(function, reading, asked, k, yes)) {
            settled_.vote(keys[k].guard, asked.objects[k], yes,
                          {c, forest_[c].first_line, forest_[c].name, function});
        }
    }
}

/// Whether the call fits with no other answer: a run that does not ask at all fits with either.
bool Questions::is_forced(FunctionId function, Reading const& reading, Asked const& asked,
                          std::size_t key, bool yes) {
    auto const other = asked.known_with(key, yes ? Answer::no : Answer::yes);
    return !reader_.run(function, reading, other).accepted;
}

/// Hands on what the accepted call bound for each child.
void Questions::bind_children(CallIndex c, Reading const& reading, Run const& run) {
    auto const& automaton = cache_.get(calls_.function(c)).automaton;
    for (std::size_t i = 0; i < reading.sources.size(); ++i) {
        if (Forest::is_event(reading.sources[i]) || run.taken[i].empty()) {
            continue;
        }
        auto const child = reading.sources[i].index;
        auto const step = [&](Run::Taken const& t) -> Step const& {
            return automaton.nodes[t.node].steps[t.step];
        };
        auto const& first = step(run.taken[i].front());
        std::uint8_t demanded = 0;
        for (auto const& taken : run.taken[i]) {
            demanded |= step(taken).outcomes;
        }
        bool is_new = reader_.demand(child, demanded & (kSucceeded | kFailed));
        if (first.callee != model::kNone<FunctionId> &&
            calls_.function(child) != model::kNone<FunctionId>) {
            is_new = calls_.set_function(child, first.callee) || is_new;
        }
        if (calls_.is_judged(child) || !forest_[child].children.empty()) { // else nobody asks there
            is_new = roles_.bind(child, bound_by(c, automaton, run.taken[i], i)) || is_new;
        }
        changed_[child] = is_new ? ++changes_ : changed_[child];
    }
}

Roles::Bound Questions::bound_by(CallIndex c, Automaton const& automaton,
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

} // namespace kflow::check
