#include "sim/check/entries.hpp"

#include "sim/check/callers.hpp"
#include "sim/check/classes.hpp"
#include "sim/check/entry_order.hpp"
#include "sim/check/projection.hpp"
#include "sim/trace/call_tree.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace kflow::check {
namespace {

using model::FunctionId;

/// A filter has some tens of functions; a trace of all functions is not judged for its order.
constexpr std::size_t kLargestFilter = 64;

using Names = std::set<std::string, std::less<>>;

/// Events that belong to what a task does; switches and wake-ups happen anywhere, and a task is
/// freed wherever RCU comes to it.
bool counts(std::string_view event) {
    return (event.starts_with("sched_process_") && event != "sched_process_free") ||
           event.starts_with("signal_") || event.starts_with("task_");
}

/// Whether the event may also stand between two system calls whose entries are shown: a program
/// names itself by prctl or through /proc (kernel/sys.c; fs/proc/base.c, comm_write), a stop at a
/// system call is told to the debugger (CLD_TRAPPED; kernel/signal.c, ptrace_stop), and a signal
/// that is dropped, or pending already (__send_signal_locked), is all that is seen of who sent it:
/// complete_signal is called for others alone, and many calls send signals (a write to a pipe that
/// nobody reads, pidfd_send_signal).
bool may_come_from_elsewhere(trace::TraceEvent const& event) {
    constexpr std::int64_t sigchld = 17;
    constexpr std::int64_t cld_trapped = 4;
    constexpr std::int64_t delivered = 0; // TRACE_SIGNAL_DELIVERED
    if (event.name.view() == "signal_generate") {
        auto const* result = event.find("result") ? "result" : "res";
        return event.number(result).value_or(delivered) != delivered ||
               (event.number("sig") == sigchld && event.number("code") == cld_trapped);
    }
    return event.name.view() == "task_rename";
}

bool is_in_interrupt(trace::Event const& event) {
    return event.flags && (event.flags->hardirq || event.flags->softirq || event.flags->nmi);
}

std::string_view function_of(trace::Location const& place) {
    return build::function_of_symbol(place.symbol.view());
}

/// Whether it is an outlined part (.part.N) of the function: its code is the function's own.
bool is_part_of(trace::Location const& place, std::string_view function) {
    return trace::source_name(place.symbol).partial && function_of(place) == function;
}

} // namespace

class EntriesCheck::Impl {
public:
    Impl(model::Program const& program, build::BuildFacts const& facts, Alphabet& alphabet,
         Mask const& mask)
        : program_(program), facts_(facts), alphabet_(alphabet), mask_(mask),
          callers_(program, mask), anywhere_(called_by_switches()) {}

    void see(std::span<trace::Event const> events, bool is_last) {
        collect(events);
        drop_anywhere();
        if (!shown_.empty() && names_.size() <= kLargestFilter) {
            check_order(is_last);
        } else {
            tasks_.clear();
        }
        count();
    }

    void finish(ConformanceResult& result) {
        for (auto& [id, f] : functions_) {
            f.file = program_[program_[id].file];
            f.name = program_[id].name;
            out_.functions.push_back(f);
        }
        add(result);
        count_classes(program_, mask_, names_.size() <= kLargestFilter ? names_ : Names{}, result);
    }

private:
    /// How the entries of a filter follow from each other.
    struct Filter {
        Projection projection;
        EntryOrder order;
        std::size_t shown;
        std::size_t events;

        explicit Filter(Impl& own)
            : projection(own.program_, own.mask_, Traced::entries, own.shown_, own.events_),
              order(own.program_, projection, own.alphabet_, own.shown_, own.events_, own.entries_,
                    own.out_),
              shown(own.shown_.size()), events(own.events_.size()) {}
    };

    void check_order(bool is_last) {
        if (!filter_ || filter_->shown != shown_.size() || filter_->events != events_.size()) {
            filter_ = std::make_unique<Filter>(*this);
        }
        auto& order = filter_->order;
        for (auto& [pid, items] : tasks_) {
            auto const finished = is_last ? items.size() : order.last_root(items);
            auto const end = items.begin() + static_cast<std::ptrdiff_t>(finished);
            // Where a task has none at all, its events may have been filtered out.
            order.check({items.begin(), end}, finished < items.size(), evented_.contains(pid));
            items.erase(items.begin(), end);
        }
    }

    /// What a switch to another task calls can happen inside of anything: its order says nothing.
    std::set<std::string_view> called_by_switches() const {
        std::vector<FunctionId> work{program_.find_function("__schedule")};
        std::set<FunctionId> seen(work.begin(), work.end());
        std::set<std::string_view> names;
        while (!work.empty()) {
            auto const function = work.back();
            work.pop_back();
            if (function == model::kNone<FunctionId>) {
                continue;
            }
            names.insert(program_[function].name);
            for (auto const& code : program_.body(function)) {
                auto const add = [&](FunctionId callee) {
                    if (callee != model::kNone<FunctionId> && seen.insert(callee).second) {
                        work.push_back(callee);
                    }
                };
                if (code.op == model::Op::call) {
                    add(static_cast<FunctionId>(code.subject));
                } else if (code.op == model::Op::via) {
                    for (auto const& member : program_.in_members(code.members)) {
                        add(member.callee);
                    }
                }
            }
        }
        return names;
    }

    void drop_anywhere() {
        std::erase_if(shown_, [&](auto const& name) { return anywhere_.contains(name); });
        for (auto& [pid, items] : tasks_) {
            std::erase_if(items, [&](EntryItem const& item) {
                return !item.is_event && item.entry != kGap &&
                       (!shown_.contains(item.name) || is_inside_unknown(item));
            });
        }
    }

    /// Whether its stack leads to it from what the filter shows through a function without a body.
    bool is_inside_unknown(EntryItem const& item) const {
        auto const from = item.around.begin() + static_cast<std::ptrdiff_t>(item.unknown);
        return item.unknown > 0 && std::any_of(from, item.around.end(),
                                               [&](auto name) { return shown_.contains(name); });
    }

    void collect(std::span<trace::Event const> events) {
        std::size_t last = 0;
        for (auto const& event : events) {
            if (auto const* call = event.as<trace::FunctionEntry>()) {
                last = see(event, *call);
            } else if (auto const* stack = event.as<trace::StackTrace>(); stack && !stack->user) {
                if (last > 0 && !stack->cut) {
                    check_stack(event, *stack, last - 1);
                }
            } else if (auto const* fields = event.as<trace::TraceEvent>()) {
                last = 0;
                see(event, *fields);
            } else if (event.as<trace::LostEvents>() || event.as<trace::BufferStarted>()) {
                for (auto& [pid, items] : tasks_) {
                    items.push_back({event.line, false, false, {}, {}, kGap});
                }
            }
        }
    }

    /// The number of the entry, from 1; 0 if it is an interrupt's.
    std::size_t see(trace::Event const& event, trace::FunctionEntry const& call) {
        if (is_in_interrupt(event)) {
            ++out_.noise;
            return 0;
        }
        auto const name = function_of(call.ip);
        if (is_part_of(call.ip, function_of(call.parent))) {
            return 0; // The function itself was entered just before.
        }
        entries_.push_back({program_.find_function(name), &event, false});
        names_.emplace(name);
        auto const parent = real_caller(call.parent, name);
        // Where its caller has no body, what comes before it is not known either.
        auto const calls = callers_.calls(parent, name);
        auto const is_known = calls != CallerTable::Answer::unknown;
        out_.classes.matched += calls == CallerTable::Answer::yes ? 1U : 0U;
        if (is_known) {
            shown_.emplace(name);
        }
        if (is_known && event.pid && event.pid->value != 0) {
            tasks_[event.pid->value].push_back(
                {event.line, false, false, name, parent, entries_.size() - 1});
        }
        check_edge(event.line, name, parent, entries_.size() - 1);
        return entries_.size();
    }

    void see(trace::Event const& event, trace::TraceEvent const& fields) {
        auto const name = fields.name.view();
        if (event.pid) {
            evented_.insert(event.pid->value);
        }
        if (counts(name) && event.pid && event.pid->value != 0 && !is_in_interrupt(event)) {
            events_.emplace(name);
            tasks_[event.pid->value].push_back(
                {event.line, true, may_come_from_elsewhere(fields), name, {}, 0});
        }
    }

    /// Who called: a noreturn last call returns to the first byte of what stands behind its caller,
    /// and prints as that.
    std::string_view real_caller(trace::Location const& place, std::string_view callee) {
        auto const printed = function_of(place);
        auto const behind = facts_.alias_of(place.symbol.view());
        if (behind.empty() || (place.has_offset() && place.offset != 0)) {
            return printed;
        }
        if (!place.has_offset() && callers_.calls(printed, callee) == CallerTable::Answer::yes) {
            return printed; // Without offsets both are possible: the printed one is the rule.
        }
        auto const real = build::function_of_symbol(behind);
        return callers_.calls(real, callee) == CallerTable::Answer::yes ? real : printed;
    }

    void check_edge(std::uint32_t line, std::string_view callee, std::string_view caller,
                    std::size_t entry) {
        if (caller.empty() || callers_.calls(caller, callee) != CallerTable::Answer::no) {
            return;
        }
        if (is_of_module(callee) && callers_.calls_through_pointer(caller)) {
            return; // The pointer was filled in when the module was loaded.
        }
        entries_[entry].wrong = true;
        Divergence d;
        d.kind = DifferenceKind::extra;
        d.function = callee;
        d.parent = caller;
        d.capture_line = line;
        auto const id = program_.find_function(caller);
        d.model_file = program_[program_[id].file];
        d.model_line = program_[id].line;
        d.reason = d.parent + " does not call `" + d.function + "` in this build";
        out_.divergences.push_back(std::move(d));
    }

    /// Its code is in no symbol of the kernel itself.
    bool is_of_module(std::string_view name) const {
        auto const symbol = facts_.symbol_of(name);
        return !symbol || symbol->address == 0;
    }

    /// A noreturn last call may misname a frame: then both names stand there.
    void note_stack(trace::Event const& event, trace::StackTrace const& stack, std::size_t entry) {
        auto const& own = *entries_[entry].event;
        auto const found = event.pid ? tasks_.find(event.pid->value) : tasks_.end();
        if (event.pid != own.pid || event.cpu != own.cpu || found == tasks_.end() ||
            found->second.back().is_event || found->second.back().entry != entry) {
            return;
        }
        auto& item = found->second.back();
        for (std::size_t i = 1; i < stack.frames.size(); ++i) {
            auto const& frame = stack.frames[i];
            auto const callee = function_of(stack.frames[i - 1]);
            if (item.unknown == 0 && i > 1 &&
                callers_.calls(real_caller(frame, callee), callee) ==
                    CallerTable::Answer::unknown) {
                item.unknown = item.around.size();
            }
            item.around.push_back(function_of(frame));
            auto const behind = facts_.alias_of(frame.symbol.view());
            if (!behind.empty() && (!frame.has_offset() || frame.offset == 0)) {
                item.around.push_back(build::function_of_symbol(behind));
            }
        }
    }

    /// The second frame of an entry's stack is its caller.
    void check_top(trace::Event const& event, trace::StackTrace const& stack, std::size_t entry) {
        auto const& own = *entries_[entry].event;
        auto const& call = *own.as<trace::FunctionEntry>();
        auto const parent = call.parent.symbol;
        if (event.pid != own.pid || event.cpu != own.cpu || stack.frames.size() < 2 ||
            stack.frames[0].symbol != call.ip.symbol || parent.empty() ||
            stack.frames[1].symbol == parent) {
            return; // Another CPU's record may stand between them.
        }
        entries_[entry].wrong = true;
        Divergence d;
        d.kind = DifferenceKind::renamed;
        d.function = function_of(stack.frames[0]);
        d.parent = build::function_of_symbol(parent.view());
        d.capture_line = event.line;
        if (auto const id = entries_[entry].function; id != model::kNone<FunctionId>) {
            d.model_file = program_[program_[id].file];
            d.model_line = program_[id].line;
        }
        d.reason = "the entry names `" + d.parent + "` as its caller, its stack `" +
                   std::string(stack.frames[1].symbol.view()) + "`";
        out_.divergences.push_back(std::move(d));
    }

    void check_stack(trace::Event const& event, trace::StackTrace const& stack, std::size_t entry) {
        check_top(event, stack, entry);
        note_stack(event, stack, entry);
        for (std::size_t i = 1; i + 1 < stack.frames.size(); ++i) {
            auto const callee = function_of(stack.frames[i]);
            if (callee.starts_with("el1h_64_")) {
                return; // What it interrupted did not call it.
            }
            if (!stack.frames[i].module.empty()) {
                continue; // A module's: called through a pointer that is filled in at run time.
            }
            auto const caller = real_caller(stack.frames[i + 1], callee);
            if (is_part_of(stack.frames[i], caller)) {
                continue;
            }
            check_edge(event.line, real_name(stack.frames[i], stack, i), caller, entry);
        }
    }

    /// A frame's own name, where a noreturn call misnames it.
    std::string_view real_name(trace::Location const& frame, trace::StackTrace const& stack,
                               std::size_t index) {
        return real_caller(frame, function_of(stack.frames[index - 1]));
    }

    /// Those that no task's items need any more.
    void count() {
        std::vector<Entry> kept;
        std::vector<char> is_kept(entries_.size(), 0);
        for (auto& [pid, items] : tasks_) {
            for (auto& item : items) {
                if (!item.is_event && item.entry != kGap) {
                    is_kept[item.entry] = 1;
                    kept.push_back(entries_[item.entry]);
                    kept.back().event = nullptr; // It goes with the window.
                    item.entry = kept.size() - 1;
                }
            }
        }
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if (is_kept[i] == 0) {
                count(entries_[i]);
            }
        }
        entries_ = std::move(kept);
    }

    void count(Entry const& entry) {
        ++out_.total.calls;
        if (entry.function == model::kNone<FunctionId> || !program_[entry.function].has_body) {
            ++out_.unmodelled;
            return;
        }
        auto const accepted = entry.wrong ? 0U : 1U;
        auto& f = functions_[entry.function];
        ++f.calls;
        f.accepted += accepted;
        ++out_.curated.calls;
        out_.curated.accepted += accepted;
        out_.total.accepted += accepted;
    }

    void add(ConformanceResult& result) const {
        result.noise += out_.noise;
        result.overflow += out_.overflow;
        result.unmodelled += out_.unmodelled;
        result.classes.matched += out_.classes.matched;
        result.total.calls += out_.total.calls;
        result.total.accepted += out_.total.accepted;
        result.curated.calls += out_.curated.calls;
        result.curated.accepted += out_.curated.accepted;
        result.functions.insert(result.functions.end(), out_.functions.begin(),
                                out_.functions.end());
        result.divergences.insert(result.divergences.end(), out_.divergences.begin(),
                                  out_.divergences.end());
    }

    model::Program const& program_;
    build::BuildFacts const& facts_;
    Alphabet& alphabet_;
    Mask const& mask_;
    CallerTable callers_;
    std::set<std::string_view> anywhere_; ///< functions that a switch calls
    ConformanceResult out_;               ///< of the entries alone
    std::vector<Entry> entries_;          ///< those that are not counted yet
    std::map<FunctionId, FunctionCount> functions_;
    Names names_; ///< of all entries
    Names shown_; ///< those whose caller has a body
    Names events_;
    std::set<std::int32_t> evented_;                       ///< tasks that some event is of
    std::map<std::int32_t, std::vector<EntryItem>> tasks_; ///< what is not judged yet
    std::unique_ptr<Filter> filter_;                       ///< null: none was needed
};

EntriesCheck::EntriesCheck(model::Program const& program, build::BuildFacts const& facts,
                           Alphabet& alphabet, Mask const& mask)
    : impl_(std::make_unique<Impl>(program, facts, alphabet, mask)) {}
EntriesCheck::~EntriesCheck() = default;

void EntriesCheck::see(std::span<trace::Event const> events, bool is_last) {
    impl_->see(events, is_last);
}

void EntriesCheck::finish(ConformanceResult& result) {
    impl_->finish(result);
}

} // namespace kflow::check
