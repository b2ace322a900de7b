#include "sim/scenario/step_through.hpp"

namespace kflow::scenario {

namespace {

using engine::Step;
using engine::StepKind;

/// Writes the index while the timeline goes on, position by position.
class Indexer : public engine::Observer {
public:
    Indexer(engine::Engine const& engine, engine::TraceOptions options, std::vector<Mark>& marks)
        : recorder_(engine, std::move(options)), marks_(marks) {}

    void at(std::uint64_t position) {
        position_ = position;
        nth_ = 0;
    }

    void on_step(Step const& step, kernel::Machine const& machine) override {
        recorder_.on_step(step, machine);
        Mark mark;
        mark.position = position_;
        mark.nth = nth_++;
        mark.kind = step.kind;
        mark.task = step.task;
        mark.function = step.function;
        mark.pc = step.pc;
        mark.depth = static_cast<std::uint32_t>(machine.tasks[step.task].stack.frames.size());
        mark.records = static_cast<std::uint32_t>(recorder_.size());
        mark.time = step.time;
        mark.cpu = step.cpu;
        mark.yes = step.yes;
        mark.result = step.result;
        mark.name = step.event ? step.event->name : trace::Name(step.name);
        marks_.push_back(mark);
    }

    engine::Recorder const& recorder() const { return recorder_; }

private:
    engine::Recorder recorder_;
    std::vector<Mark>& marks_;
    std::uint64_t position_ = 0;
    std::uint32_t nth_ = 0;
};

/// Keeps the machine as it is after the n-th step that it sees.
class Catcher : public engine::Observer {
public:
    Catcher(std::uint32_t nth, kernel::Machine& out) : left_(nth), out_(out) {}
    void on_step(Step const&, kernel::Machine const& machine) override {
        if (left_ == 0) {
            out_ = machine;
        }
        --left_;
    }

private:
    std::int64_t left_;
    kernel::Machine& out_;
};

} // namespace

StepThrough::StepThrough(Replay const& replay, std::uint64_t limit)
    : replay_(replay), timeline_(replay.engine(), replay.start().machine, policy_) {
    Indexer indexer(replay.engine(), replay.trace_options(), marks_);
    auto const until = timeline_.machine().now + kLongestRun;
    do {
        indexer.at(timeline_.position());
        if (timeline_.machine().steps > limit) {
            cut_off_ = replay.cut_off_at(timeline_.machine(), limit);
            break;
        }
    } while (timeline_.forward(&indexer) && timeline_.machine().now < until);
    log_ = indexer.recorder().capture();
    show();
}

void StepThrough::show() {
    if (marks_.empty()) {
        machine_ = timeline_.machine();
        return;
    }
    Mark const& mark = here();
    Catcher catcher(mark.nth, machine_);
    timeline_.go_to(mark.position);
    timeline_.forward(&catcher);
}

bool StepThrough::go_to(std::size_t step) {
    if (step >= marks_.size()) {
        return false;
    }
    at_ = step;
    show();
    return true;
}

bool StepThrough::next() {
    return go_to(at_ + 1);
}

bool StepThrough::back() {
    return at_ > 0 && go_to(at_ - 1);
}

template <class Found>
bool StepThrough::seek(Found found) {
    for (std::size_t n = at_ + 1; n < marks_.size(); ++n) {
        if (found(marks_[n])) {
            return go_to(n);
        }
    }
    return false;
}

bool StepThrough::into() {
    return !marks_.empty() && seek([task = here().task](Mark const& m) {
        return m.task == task && m.kind == StepKind::call;
    });
}

bool StepThrough::over() {
    return !marks_.empty() && seek([from = here()](Mark const& m) {
        return m.task == from.task && m.depth <= from.depth && m.kind != StepKind::leave;
    });
}

bool StepThrough::out() {
    return !marks_.empty() && seek([from = here()](Mark const& m) {
        return m.task == from.task && m.depth < from.depth && m.kind != StepKind::leave;
    });
}

bool StepThrough::to_name(std::string_view name) {
    return seek([name](Mark const& m) {
        return (m.kind == StepKind::event || m.kind == StepKind::call) && m.name.view() == name;
    });
}

bool StepThrough::to_task(Pid pid) {
    auto const task = machine_.find_task(pid);
    return task != kernel::kNobody<kernel::TaskId> &&
           seek([task](Mark const& m) { return m.task == task; });
}

bool StepThrough::to_end() {
    return !marks_.empty() && go_to(marks_.size() - 1);
}

} // namespace kflow::scenario
