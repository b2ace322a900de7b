#include "sim/trace/task_lives.hpp"

#include "sim/trace/noise.hpp"

namespace kflow::trace {

namespace {

/// No kernel is made for more (CONFIG_NR_CPUS).
constexpr std::int32_t kMostCpus = 8192;

/// So many records behind its last one a task that is in do_task_dead() will show no more.
constexpr std::uint32_t kDeadFor = 4096;

/// So many of those are remembered: one may be a leader whose number a thread takes over.
constexpr std::size_t kMostDead = 4096;

} // namespace

bool TaskLives::is_known(std::optional<Cpu> cpu) {
    return cpu && cpu->value >= 0 && cpu->value < kMostCpus;
}

TaskLives::CpuState& TaskLives::state_of(Cpu cpu) {
    auto const number = static_cast<std::size_t>(cpu.value);
    if (number >= cpus_.size()) {
        cpus_.resize(number + 1);
    }
    return cpus_[number];
}

TaskLife& TaskLives::look_up(Key key, Event const& event) {
    auto const [found, fresh] =
        numbers_.try_emplace(key, static_cast<std::uint32_t>(lives_.size()));
    if (fresh) {
        begin(lives_.emplace_back(), event);
    }
    last_key_ = key;
    last_ = &lives_[found->second];
    return *last_;
}

void TaskLives::begin(TaskLife& life, Event const& event) {
    life = TaskLife();
    life.task = static_cast<std::uint32_t>(forest_.tasks.size());
    forest_.tasks.push_back(
        {event.pid, is_named(event) ? std::nullopt : event.cpu, event.comm, {}});
}

void TaskLives::note_place(Event const& event, std::uint32_t index) {
    if (is_known(event.cpu)) {
        last_->cpu = event.cpu->value;
        CpuState& state = state_of(*event.cpu);
        state.end = index + 1;
        state.last = last_key_;
    }
}

void TaskLives::note_switch(TaskLife& life, Name function, std::int32_t depth) {
    if (begins_switch(function)) {
        shows_switches_ = true;
        life.switching = depth;
    } else if (life.switching && (ends_switch(function) || depth < *life.switching ||
                                  (depth == *life.switching && unlocks_run_queue(function)))) {
        life.switching.reset();
    }
}

/// A thread that calls exec takes the number of its leader, which is dead, in the middle of what it
/// does (fs/exec.c, de_thread): the number is that of another life from one of the CPU's records to
/// the next. The leader may still be on its way to its last switch.
void TaskLives::note_running(Event const& event) {
    if (!is_named(event) || !is_known(event.cpu)) {
        return;
    }
    auto const before = std::exchange(state_of(*event.cpu).running, event.pid->value);
    if (before == event.pid->value) {
        return;
    }
    Key const key{true, event.pid->value};
    Key const key_before{true, before};
    if (!numbers_.contains(key) && std::ranges::find(dead_, key) != dead_.end()) {
        of(event).died = true;
    }
    auto const leader = numbers_.find(key);
    auto const thread = numbers_.find(key_before);
    if (leader != numbers_.end() && thread != numbers_.end()) {
        take_number_over(lives_[leader->second], lives_[thread->second], key_before, event);
    }
}

/// If the thread is in exec and the leader dead, or about to be.
void TaskLives::take_number_over(TaskLife& leader, TaskLife& thread, Key thread_key,
                                 Event const& event) {
    bool const is_off = leader.died || is_inside(leader, "do_task_dead");
    bool const is_overtaken = is_inside(leader, "do_exit") && !leader.lost_number &&
                              !thread.open.empty() &&
                              forest_.calls[thread.open.back()].name.view() == "exchange_tids";
    bool const is_in_exec = is_inside(thread, "begin_new_exec") ||
                            is_inside(thread, "__arm64_sys_execve") ||
                            is_inside(thread, "__arm64_sys_execveat");
    if (!is_in_exec || !(is_off || is_overtaken)) {
        return;
    }
    auto open = std::exchange(thread.open, {});
    last_ = nullptr;
    if (is_off) {
        numbers_.erase(thread_key);
    } else { // it goes on under the thread's number
        thread = leader;
        thread.lost_number = true;
        thread.took_over = true;
    }
    begin(leader, event);
    leader.open = std::move(open);
    leader.took_over = true;
}

bool TaskLives::is_inside(TaskLife const& life, std::string_view function) const {
    return std::ranges::any_of(
        life.open, [&](std::uint32_t call) { return forest_.calls[call].name.view() == function; });
}

/// Whether the task has a cpu that is not this one, and would show how it gives that up.
bool TaskLives::stays_elsewhere(Key key, TaskLife const& life, Cpu cpu) const {
    return shows_switches_ && !life.switching && life.cpu >= 0 && life.cpu != cpu.value &&
           cpus_[static_cast<std::size_t>(life.cpu)].last == key;
}

bool TaskLives::is_dead_for_good(TaskLife const& life, std::uint32_t end) const {
    return !life.open.empty() && forest_.calls[life.open.front()].last_event + kDeadFor < end &&
           is_inside(life, "do_task_dead");
}

void TaskLives::remember_dead(Key key) {
    dead_.push_back(key);
    if (dead_.size() > kMostDead) {
        dead_.pop_front();
    }
}

} // namespace kflow::trace
