#include "sim/view/step_screen.hpp"

#include "sim/model/conditions.hpp"
#include "sim/model/model.hpp"
#include "sim/view/columns.hpp"
#include "sim/view/step_words.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace kflow::view {

namespace {

using engine::StepKind;
using scenario::Mark;
using scenario::StepThrough;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMicrosecond = 1'000;

std::string pick(model::Doc const& doc, Language language) {
    return std::string(language == Language::korean ? doc.korean : doc.english);
}

std::string state_letter(kernel::Task const& task) {
    if (task.exit_state & kernel::EXIT_DEAD_) {
        return "X";
    }
    if (task.exit_state & kernel::EXIT_ZOMBIE_) {
        return "Z";
    }
    if (task.state & kernel::TASK_STOPPED_BIT) {
        return "T";
    }
    if (task.state & kernel::TASK_UNINTERRUPTIBLE_) {
        return "D";
    }
    return task.state & kernel::TASK_INTERRUPTIBLE_ ? "S" : "R";
}

/// How many lines each part of the screen may take.
struct Shares {
    std::size_t source = 9;
    std::size_t doc = ~std::size_t{0};
    std::size_t stack = ~std::size_t{0};
    std::size_t tasks = ~std::size_t{0};
    std::size_t log = 6;
};

/// Of a terminal of so many lines: five go to headings and one to the prompt.
Shares shares_of(int height) {
    if (height <= 0) {
        return {};
    }
    auto const rest = static_cast<std::size_t>(std::max(height - 7, 10));
    Shares shares;
    shares.source = std::max<std::size_t>(rest / 3 | 1, 3);
    shares.doc = std::max<std::size_t>(rest / 8, 1);
    shares.stack = std::max<std::size_t>(rest / 5, 2);
    shares.tasks = std::max<std::size_t>(rest / 7, 2);
    shares.log = std::max<std::size_t>(rest / 6, 2);
    return shares;
}

std::vector<std::string> lines_of(std::string const& text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    while (begin < text.size()) {
        std::size_t const end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

class Screen {
public:
    Screen(StepThrough const& steps, ScreenOptions const& options)
        : steps_(steps), options_(options), words_(step_words(options.language)),
          shares_(shares_of(options.height)), program_(steps.replay().program()) {}

    std::string draw() {
        if (steps_.size() == 0) {
            return "the run has no steps\n";
        }
        heading();
        flow_text();
        reason();
        stack();
        tasks();
        log();
        return std::move(text_);
    }

private:
    void add(std::string const& line) { text_ += cut_to(line, options_.width) + "\n"; }
    void title(std::string_view text) { add(fmt::format("-- {}", text)); }

    /// At most so many of the lines; then how many there are besides.
    void add_some(std::vector<std::string> const& lines, std::size_t most) {
        bool const all = lines.size() <= most;
        std::size_t const shown = all ? lines.size() : most - 1;
        for (std::size_t n = 0; n < shown; ++n) {
            add(lines[n]);
        }
        if (!all) {
            add("   " + fmt::format(fmt::runtime(words_.more), lines.size() - shown));
        }
    }

    void heading() {
        Mark const& mark = steps_.here();
        auto const& task = steps_.machine().tasks[mark.task];
        add(fmt::format(
            "{}/{}  {}.{:06} s  CPU {}  {}-{}: {}", steps_.position() + 1, steps_.size(),
            mark.time.count / kSecond, mark.time.count % kSecond / kMicrosecond, mark.cpu.value,
            task.comm, task.pid.value,
            step_text(mark.kind, mark.name.view(), mark.yes, mark.result, options_.language)));
    }

    /// The instruction that caused the step, if it stands in a body.
    model::Instruction const* instruction() const {
        Mark const& mark = steps_.here();
        return mark.pc < program_.code.size() && mark.kind != StepKind::user &&
                       mark.kind != StepKind::interrupt && mark.kind != StepKind::switch_task
                   ? &program_.code[mark.pc]
                   : nullptr;
    }

    bool begins_or_ends() const {
        auto const kind = steps_.here().kind;
        return kind == StepKind::call || kind == StepKind::leave;
    }

    /// The line of the function that the step belongs to: a call's own body, else where it happens.
    std::uint32_t line_in(model::Function const& function) const {
        Mark const& mark = steps_.here();
        bool const inside = !begins_or_ends() && mark.pc >= function.entry &&
                            mark.pc < function.entry + function.size;
        return inside ? program_.code[mark.pc].line : function.line;
    }

    /// "kernel/fork.flow:1852 kernel_clone": who called, for a call whose caller has a body.
    std::string caller() const {
        Mark const& mark = steps_.here();
        auto const& frames = steps_.machine().tasks[mark.task].stack.frames;
        auto const* const at = instruction();
        if (mark.kind != StepKind::call || frames.size() < 2 || !at) {
            return "";
        }
        auto const& from = program_[frames[frames.size() - 2].function];
        bool const inside =
            from.has_body && mark.pc >= from.entry && mark.pc < from.entry + from.size;
        return inside ? fmt::format(", {} {}:{}", words_.called_at, program_[from.file], at->line)
                      : "";
    }

    void flow_text() {
        auto const id = steps_.here().function;
        if (id == model::kNone<model::FunctionId> || !program_[id].has_body) {
            return;
        }
        auto const& function = program_[id];
        auto const file = program_[function.file];
        auto const current = line_in(function);
        title(fmt::format("{}:{} {}{}", file, current, function.name, caller()));
        auto docs = lines_of(pick(program_[function.doc], options_.language));
        if (auto const* const at = instruction(); at && !begins_or_ends()) {
            for (auto const& text : {named_doc(), pick(program_[at->doc], options_.language)}) {
                for (auto const& line : lines_of(text)) {
                    docs.push_back("· " + line);
                }
            }
        }
        for (auto& line : docs) {
            line.insert(0, "   ");
        }
        add_some(docs, shares_.doc);
        source(file, current);
    }

    void source(std::string_view file, std::uint32_t current) {
        auto const count = static_cast<std::uint32_t>(shares_.source);
        std::uint32_t const first = current > count / 2 ? current - count / 2 : 1;
        for (std::uint32_t n = first; n < first + count; ++n) {
            auto const line = cut_to(fmt::format("{} {:5} {}", n == current ? ">" : " ", n,
                                                 program_.model->line(file, n)),
                                     options_.width);
            bool const reverse = options_.reverse && n == current;
            text_ += (reverse ? "\x1b[7m" : "") + line + (reverse ? "\x1b[0m" : "") + "\n";
        }
    }

    /// The conditions of the blocks that the step stands in, the innermost first.
    void reason() {
        auto const* const at = instruction();
        if (!at) {
            return;
        }
        for (auto const& condition : conditions_around(program_, steps_.here().pc)) {
            auto doc = pick(condition.doc, options_.language);
            std::ranges::replace(doc, '\n', ' ');
            title(fmt::format("{}: {}{}", words_.why, condition.text,
                              doc.empty() ? "" : fmt::format("  ({})", doc)));
        }
    }

    /// What is asked or done: the guard's or the effect's own words.
    std::string named_doc() const {
        Mark const& mark = steps_.here();
        if (mark.kind == StepKind::guard) {
            auto const id = program_.find_guard(mark.name.view());
            return id == model::kNone<model::GuardId>
                       ? ""
                       : pick(program_[program_[id].doc], options_.language);
        }
        if (mark.kind == StepKind::effect) {
            auto const id = program_.find_effect(mark.name.view());
            return id == model::kNone<model::EffectId>
                       ? ""
                       : pick(program_[program_[id].doc], options_.language);
        }
        return "";
    }

    void stack() {
        auto const& frames = steps_.machine().tasks[steps_.here().task].stack.frames;
        title(words_.stack);
        std::vector<std::string> lines;
        for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
            lines.push_back(fmt::format("   {}{}", program_[frame->function].name,
                                        words_.frame[static_cast<std::size_t>(frame->show)]));
        }
        add_some(lines, shares_.stack);
    }

    void tasks() {
        title(words_.tasks);
        auto const& machine = steps_.machine();
        std::vector<std::string> lines;
        machine.tasks.for_each([&](kernel::TaskId id, kernel::Task const& task) {
            if (task.pid.value <= 1) {
                return;
            }
            auto const parent =
                machine.tasks.has(task.real_parent) ? machine.tasks[task.real_parent].pid.value : 0;
            std::string const in =
                task.syscall.empty() ? "" : fmt::format("  {} {}", words_.in, task.syscall);
            bool const here = id == steps_.here().task;
            bool const first = here && options_.height > 0; // the one that runs is never cut
            lines.insert(first ? lines.begin() : lines.end(),
                         fmt::format(" {} {:>7} {:16} {}  {} {:>5}  CPU {}{}", here ? ">" : " ",
                                     task.pid.value, task.comm, state_letter(task), words_.parent,
                                     parent, task.cpu.value, in));
        });
        add_some(lines, shares_.tasks);
    }

    void log() {
        title(words_.log);
        auto const& events = steps_.log().events;
        std::size_t const written = std::min<std::size_t>(steps_.here().records, events.size());
        auto const shown = std::min(written, shares_.log);
        for (std::size_t n = written - shown; n < written; ++n) {
            if (!events[n].as<trace::StackTrace>()) {
                std::string text;
                trace::append_event(text, steps_.log().format, events[n],
                                    n + 1 < events.size() ? &events[n + 1] : nullptr);
                for (auto const& line : lines_of(text)) {
                    add(line);
                }
            }
        }
    }

    StepThrough const& steps_;
    ScreenOptions const& options_;
    StepWords const& words_;
    Shares shares_;
    model::Program const& program_;
    std::string text_;
};

} // namespace

std::string step_screen(StepThrough const& steps, ScreenOptions const& options) {
    return Screen(steps, options).draw();
}

} // namespace kflow::view
