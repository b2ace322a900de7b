#include "sim/view/step_screen.hpp"

#include "sim/model/model.hpp"

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

std::string what_happens(Mark const& mark) {
    std::string_view const name = mark.name.view();
    switch (mark.kind) {
    case StepKind::call:
        return fmt::format("call {}", name);
    case StepKind::leave:
        return fmt::format("return from {}", name);
    case StepKind::event:
        return fmt::format("event {}", name);
    case StepKind::effect:
        return fmt::format("do {}", name);
    case StepKind::guard:
        return fmt::format("{}? {}", name, mark.yes ? "yes" : "no");
    case StepKind::block:
        return "goes to sleep";
    case StepKind::switch_task:
        return "the CPU goes on with another task";
    case StepKind::enter_kernel:
        return fmt::format("system call {}", name);
    case StepKind::leave_kernel:
        return fmt::format("system call {} returns {}", name, mark.result);
    case StepKind::interrupt:
        return fmt::format("interrupt {}", name);
    case StepKind::user:
        return fmt::format("user space {}", name);
    }
    return "";
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

class Screen {
public:
    Screen(StepThrough const& steps, ScreenOptions const& options)
        : steps_(steps), options_(options), program_(steps.replay().program()) {}

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
    void add(std::string const& line) { text_ += line + "\n"; }

    void heading() {
        Mark const& mark = steps_.here();
        auto const& task = steps_.machine().tasks[mark.task];
        add(fmt::format("step {} of {}  {}.{:06} s  CPU {}  {}-{}: {}", steps_.position() + 1,
                        steps_.size(), mark.time.count / kSecond,
                        mark.time.count % kSecond / kMicrosecond, mark.cpu.value, task.comm,
                        task.pid.value, what_happens(mark)));
    }

    /// The function and line that the step belongs to: a call's own body, else where it happens.
    std::pair<model::FunctionId, std::uint32_t> place() const {
        Mark const& mark = steps_.here();
        if (mark.function == model::kNone<model::FunctionId>) {
            return {mark.function, 0};
        }
        auto const& function = program_[mark.function];
        bool const inside = mark.kind != StepKind::call && mark.kind != StepKind::leave &&
                            function.has_body && mark.pc >= function.entry &&
                            mark.pc < function.entry + function.size;
        return {mark.function, inside ? program_.code[mark.pc].line : function.line};
    }

    void flow_text() {
        auto const [id, current] = place();
        if (id == model::kNone<model::FunctionId> || !program_[id].has_body) {
            return;
        }
        auto const& function = program_[id];
        auto const file = program_[function.file];
        add(fmt::format("-- {}:{} {}", file, current, function.name));
        for (auto const& line : lines_of(pick(program_[function.doc], options_.language))) {
            add("   " + line);
        }
        auto const half = static_cast<std::uint32_t>(options_.source_lines / 2);
        std::uint32_t const first = current > half ? current - half : 1;
        for (std::uint32_t n = first; n < first + static_cast<std::uint32_t>(options_.source_lines);
             ++n) {
            add(fmt::format("{} {:5} {}", n == current ? ">" : " ", n,
                            program_.model->line(file, n)));
        }
    }

    static std::vector<std::string> lines_of(std::string const& text) {
        std::vector<std::string> lines;
        std::size_t begin = 0;
        while (begin < text.size()) {
            std::size_t const end = std::min(text.find('\n', begin), text.size());
            lines.push_back(text.substr(begin, end - begin));
            begin = end + 1;
        }
        return lines;
    }

    void reason() {
        auto const why = steps_.reason();
        if (!why) {
            return;
        }
        Mark const& mark = steps_.mark(*why);
        auto const guard = program_.find_guard(mark.name.view());
        std::string question(mark.name.view());
        if (guard != model::kNone<model::GuardId>) {
            question = pick(program_[program_[guard].doc], options_.language);
        }
        add(fmt::format("-- why: {} {}", question, mark.yes ? "yes" : "no"));
    }

    void stack() {
        auto const& frames = steps_.machine().tasks[steps_.here().task].stack.frames;
        add("-- stack");
        for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
            static constexpr std::string_view shown[] = {"", " (not traced)", " (inlined here)",
                                                         " (user space)"};
            add(fmt::format("   {}{}", program_[frame->function].name,
                            shown[static_cast<std::size_t>(frame->show)]));
        }
    }

    void tasks() {
        add("-- tasks");
        auto const& machine = steps_.machine();
        machine.tasks.for_each([&](kernel::TaskId id, kernel::Task const& task) {
            if (task.pid.value <= 1) {
                return;
            }
            auto const parent =
                machine.tasks.has(task.real_parent) ? machine.tasks[task.real_parent].pid.value : 0;
            add(fmt::format(" {} {:>7} {:16} {}  parent {:>5}  CPU {}{}{}",
                            id == steps_.here().task ? ">" : " ", task.pid.value, task.comm,
                            state_letter(task), parent, task.cpu.value,
                            task.syscall.empty() ? "" : "  in ", task.syscall));
        });
    }

    void log() {
        add("-- log");
        auto const& events = steps_.log().events;
        std::size_t const written = std::min<std::size_t>(steps_.here().records, events.size());
        auto const shown = std::min(written, static_cast<std::size_t>(options_.log_lines));
        std::string text;
        for (std::size_t n = written - shown; n < written; ++n) {
            if (!events[n].as<trace::StackTrace>()) {
                trace::append_event(text, steps_.log().format, events[n],
                                    n + 1 < events.size() ? &events[n + 1] : nullptr);
            }
        }
        text_ += text;
    }

    StepThrough const& steps_;
    ScreenOptions const& options_;
    model::Program const& program_;
    std::string text_;
};

} // namespace

std::string step_screen(StepThrough const& steps, ScreenOptions const& options) {
    return Screen(steps, options).draw();
}

} // namespace kflow::view
