#include "sim/check/window_judge.hpp"

#include "sim/check/explain.hpp"
#include "sim/check/questions.hpp"

#include <algorithm>

namespace kflow::check {
namespace {

using kernel::Answer;
using model::FunctionId;

std::string in_words(std::string_view guard, bool yes) {
    std::string text = "; `";
    text += guard;
    text += yes ? "` holds here" : "` does not hold here";
    return text;
}

/// The final verdicts on the calls of one window, when everything that they tell of each other is
/// known.
class Verdicts {
public:
    Verdicts(Evidence const& evidence, WindowCalls const& calls, Questions& questions,
             Reader& reader, AutomataCache& cache, WindowSums const& sums,
             JudgeOptions const& options)
        : program_(evidence.program), forest_(evidence.forest), calls_(calls),
          questions_(questions), reader_(reader), cache_(cache),
          explainer_(program_, forest_, cache, evidence), options_(options), sums_(sums),
          out_(sums.result) {}

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
            if (!calls_.is_judged(c)) {
                ++out_.unmodelled;
                ++sums_.unmodelled.at(call.name);
                continue;
            }
            auto const accepted = count(c);
            auto& f = sums_.functions[model::index_of(calls_.function(c))];
            ++f.calls;
            f.accepted += accepted ? 1 : 0;
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
                auto const& asked = questions_.ask(c);
                explain(c, calls_.function(c), reader_.read_strictly(c, calls_.function(c)), asked);
            }
        }
    }

    /// Two calls that contradict each other about one thing, with nobody to decide: both differ.
    void report_ties() {
        for (auto const& tie : sums_.settled.take_ties()) {
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

private:
    /// The final verdict on one call.
    bool count(CallIndex c) {
        auto const function = calls_.function(c);
        auto const is_callers = is_read_by_caller(c);
        auto const& asked = questions_.ask(c);
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
        if (!is_callers) {
            count_guards(function, reading, asked, result);
        }
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

    void count_members(CallIndex c, Reading const& reading, Asked const& asked) {
        auto const& loops = cache_.get(calls_.function(c)).automaton.loops;
        if (loops.empty() || options_.is_filtered) {
            return;
        }
        auto const& rounds = reader_.rounds(calls_.function(c), reading, asked.known);
        for (std::size_t l = 0; l < rounds.size(); ++l) {
            if (rounds[l] > 0) {
                out_.counts.push_back({std::string(program_[loops[l].collection].name),
                                       std::string(program_[loops[l].function].name),
                                       forest_[c].first_line, rounds[l], asked.known.rounds[l]});
            }
        }
    }

    /// Whether the call is a `.part` whose caller's list has what it did: there the guards
    /// are asked from the function's beginning on, while the part itself may begin anywhere.
    bool is_read_by_caller(CallIndex c) {
        auto const caller = forest_[c].parent;
        if (!forest_[c].partial || caller == kNoCall || !calls_.is_judged(caller)) {
            return false;
        }
        auto const& sources =
            reader_.read(caller, calls_.function(caller), questions_.ask(caller).known).sources;
        return std::ranges::none_of(sources, [&](Child const& child) {
            return !Forest::is_event(child) && child.index == c;
        });
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
            text += in_words(program_[keys[k].guard].name, yes);
            if (asked.by_evidence[k]) {
                text += ", as the capture's events say";
            } else if (auto const* voter =
                           sums_.settled.voter(keys[k].guard, asked.objects[k], yes)) {
                text += ", as the call in line " + std::to_string(voter->line) + " showed";
            }
        }
        return text;
    }

    model::Program const& program_;
    Forest const& forest_;
    WindowCalls const& calls_;
    Questions& questions_;
    Reader& reader_;
    AutomataCache& cache_;
    Explainer explainer_;
    JudgeOptions options_;
    WindowSums sums_;
    ConformanceResult& out_;
    std::vector<CallIndex> blamed_; ///< calls whose children must have ended otherwise
};

} // namespace

void judge_window(Evidence const& evidence, Reader& reader, AutomataCache& cache,
                  WindowSums const& sums, JudgeOptions const& options) {
    WindowCalls calls(evidence);
    Questions questions(evidence, calls, reader, cache, sums.settled);
    questions.settle();
    auto const first = sums.result.divergences.size();
    Verdicts verdicts(evidence, calls, questions, reader, cache, sums, options);
    verdicts.count_all();
    verdicts.report_unblamed(first);
    sums.mappings.check(evidence, sums.result);
    verdicts.report_ties();
    sums.result.noise += evidence.forest.noise_calls;
    sums.result.groups += evidence.forest.noise_groups;
}

} // namespace kflow::check
