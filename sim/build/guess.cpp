// Which build wrote a capture: the one that knows most of what the capture shows.
#include "sim/build/build_data.hpp"

#include <algorithm>
#include <set>

namespace kflow::build {

namespace {

/// How well one build fits. Kept as counts, so that equal is equal.
struct Fit {
    std::string build = {};
    std::size_t names = 0;
    std::size_t sizes = 0;
    std::size_t events = 0;
    std::size_t calls = 0;

    bool as_good_as(Fit const& other) const {
        return names == other.names && sizes == other.sizes && events == other.events &&
               calls == other.calls;
    }
    double known(std::size_t judged) const {
        return judged == 0 ? 0 : static_cast<double>(names) / static_cast<double>(judged);
    }
};

/// What the core file of a build says of one name. The large file is not read for a guess.
struct Known {
    bool any = false;
    bool traced = false;
    bool has_size = false;
};

Known look_up(BuildFacts::Data const& data, std::string_view name, std::uint64_t size) {
    Known known;
    data.core.each_named(name, [&](SymbolRecord const& record) {
        known.any = true;
        known.traced = known.traced || record.symbol.traced;
        known.has_size = known.has_size || record.symbol.size == size;
    });
    return known;
}

/// Whether a print format prints a field: REC->pid, __get_str(comm) …
bool prints(std::string_view format, std::string_view field) {
    auto const is_word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    for (auto at = format.find(field); at != std::string_view::npos;
         at = format.find(field, at + 1)) {
        auto const end = at + field.size();
        auto const before = format.substr(0, at);
        if ((before.ends_with("REC->") || before.ends_with('(')) &&
            (end == format.size() || !is_word(format[end]))) {
            return true;
        }
    }
    return false;
}

/// Whether a build's format of an event prints these fields and no others.
bool has_shape(EventFormat const& format, std::vector<std::string> const& fields) {
    std::size_t printed = 0;
    for (auto const& field : format.fields) {
        if (!field.is_common && prints(format.print_fmt, field.name)) {
            ++printed;
            if (std::find(fields.begin(), fields.end(), field.name) == fields.end()) {
                return false;
            }
        }
    }
    return printed == fields.size();
}

class Judge {
public:
    void add_build(BuildFacts facts, std::shared_ptr<BuildFacts::Data> data) {
        fits_.push_back({data->name});
        facts_.push_back(std::move(facts));
        builds_.push_back(std::move(data));
    }

    /// A name is judged if at least one build has it.
    void judge_name(std::string_view name, bool must_be_traced) {
        bool any = false;
        std::vector<bool> fits;
        for (auto const& data : builds_) {
            auto const known = look_up(*data, name, 0);
            any = any || known.any;
            fits.push_back(must_be_traced ? known.traced : known.any);
        }
        count(any, fits, &Fit::names, judged_names_);
    }

    void judge_size(CaptureTraits::Size const& size) {
        bool any = false;
        std::vector<bool> fits;
        for (auto const& data : builds_) {
            auto const known = look_up(*data, size.symbol, size.size);
            any = any || known.any;
            fits.push_back(known.has_size);
        }
        count(any, fits, &Fit::sizes, judged_sizes_);
    }

    /// An event is judged if at least one build prints it so.
    void judge_event(CaptureTraits::Event const& event) {
        bool any = false;
        std::vector<bool> fits;
        for (auto const& facts : facts_) {
            auto const formats = facts.events();
            fits.push_back(std::any_of(formats.begin(), formats.end(), [&](EventFormat const& f) {
                return f.name == event.name && has_shape(f, event.fields);
            }));
            any = any || fits.back();
        }
        count(any, fits, &Fit::events, judged_events_);
    }

    /// Two builds do as well as any.
    bool is_tie() const {
        if (fits_.empty()) {
            return false;
        }
        auto const best = *std::min_element(fits_.begin(), fits_.end(), better);
        return std::count_if(fits_.begin(), fits_.end(), [&](Fit const& fit) {
                   return fit.as_good_as(best);
               }) > 1;
    }

    /// Whether the code behind a printed caller has a call of the callee. Behind a noreturn call
    /// stands the next function, whose name is printed in place of the caller's.
    void judge_call(CaptureTraits::Call const& call) {
        bool any = false;
        std::vector<bool> fits;
        for (auto const& facts : facts_) {
            auto const real = facts.alias_of(call.caller);
            auto const has = [&](std::string_view caller) {
                return !caller.empty() && !facts.call_sites_of(caller, call.callee).empty();
            };
            fits.push_back(has(call.caller) || has(real));
            any = any || fits.back();
        }
        count(any, fits, &Fit::calls, judged_calls_);
    }

    Guess verdict() {
        std::stable_sort(fits_.begin(), fits_.end(),
                         [](Fit const& a, Fit const& b) { return better(a, b); });
        Guess guess;
        guess.judged = judged_names_ + judged_sizes_ + judged_events_ + judged_calls_;
        guess.names = judged_names_;
        if (fits_.empty()) {
            return guess;
        }
        auto const& best = fits_.front();
        guess.build = best.build;
        for (auto const& fit : fits_) {
            if (fit.as_good_as(best)) {
                guess.candidates.push_back(fit.build);
            }
        }
        guess.known = best.known(judged_names_);
        if (judged_sizes_ > 0) {
            guess.sizes_agree =
                static_cast<double>(best.sizes) / static_cast<double>(judged_sizes_);
        }
        bool const complete =
            guess.judged > 0 && best.names == judged_names_ && best.sizes == judged_sizes_ &&
            best.events == judged_events_ && best.calls == judged_calls_;
        guess.certain = complete;
        if (fits_.size() > 1) {
            auto const& next = fits_[1];
            guess.runner_up = next.build;
            guess.runner_up_known = next.known(judged_names_);
            guess.certain = complete && !next.as_good_as(best);
        }
        return guess;
    }

private:
    static bool better(Fit const& a, Fit const& b) {
        if (a.sizes != b.sizes) {
            return a.sizes > b.sizes;
        }
        if (a.names != b.names) {
            return a.names > b.names;
        }
        if (a.events != b.events) {
            return a.events > b.events;
        }
        if (a.calls != b.calls) {
            return a.calls > b.calls;
        }
        bool const a_is_default = a.build == kDefaultBuild;
        bool const b_is_default = b.build == kDefaultBuild;
        return a_is_default != b_is_default ? a_is_default : a.build < b.build;
    }

    void count(bool any, std::vector<bool> const& fits, std::size_t Fit::*counter,
               std::size_t& judged) {
        if (!any) {
            return;
        }
        ++judged;
        for (std::size_t index = 0; index < fits.size(); ++index) {
            fits_[index].*counter += fits[index] ? 1 : 0;
        }
    }

    std::vector<BuildFacts> facts_;
    std::vector<std::shared_ptr<BuildFacts::Data>> builds_;
    std::vector<Fit> fits_;
    std::size_t judged_names_ = 0;
    std::size_t judged_sizes_ = 0;
    std::size_t judged_events_ = 0;
    std::size_t judged_calls_ = 0;
};

std::vector<std::string_view> each_once(std::vector<std::string> const& names) {
    std::vector<std::string_view> once(names.begin(), names.end());
    std::sort(once.begin(), once.end());
    once.erase(std::unique(once.begin(), once.end()), once.end());
    return once;
}

} // namespace

std::variant<Guess, Diagnostic> guess(std::string const& model_dir, CaptureTraits const& traits) {
    Judge judge;
    for (auto const& name : list_builds(model_dir)) {
        auto facts = BuildFacts::load(model_dir, name);
        if (auto* diagnostic = std::get_if<Diagnostic>(&facts)) {
            return *diagnostic;
        }
        auto& found = std::get<BuildFacts>(facts);
        auto data = found.data_;
        judge.add_build(std::move(found), std::move(data));
    }
    for (auto const symbol : each_once(traits.symbols)) {
        judge.judge_name(symbol, true);
    }
    for (auto const frame : each_once(traits.frames)) {
        judge.judge_name(frame, false);
    }
    for (auto const& size : traits.sizes) {
        judge.judge_size(size);
    }
    for (auto const& event : traits.events) {
        if (judge.is_tie()) {
            judge.judge_event(event);
        }
    }
    if (!traits.calls.empty() && judge.is_tie()) {
        for (auto const& call : std::set(traits.calls.begin(), traits.calls.end())) {
            judge.judge_call(call);
        }
    }
    return judge.verdict();
}

} // namespace kflow::build
