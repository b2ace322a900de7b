#include "sim/kernel/pids.hpp"
#include "sim/kernel/registry.hpp"
#include "sim/kernel/words.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace kflow;
using namespace kflow::kernel;

namespace {

Machine small() {
    MachineOptions options;
    options.cpus = 2;
    options.first_pid = 100;
    return make_machine(options);
}

template <class Words>
void has_no_duplicates(Words const& words) {
    std::set<std::string_view> seen;
    for (auto const& word : words) {
        INFO(word.name);
        CHECK(seen.insert(word.name).second);
    }
}

} // namespace

TEST_CASE("a table shares what did not change and compares by value") {
    Table<TaskId, int> a;
    auto const one = a.add(1);
    auto const two = a.add(2);
    auto b = a;
    CHECK(a == b);
    CHECK(&a[one] == &b[one]);
    b.edit(two) = 3;
    CHECK(a[two] == 2);
    CHECK(b[two] == 3);
    CHECK_FALSE(a == b);
    b.edit(two) = 2;
    CHECK(a == b);
    a.remove(one);
    CHECK_FALSE(a.has(one));
    CHECK(b.has(one));
    CHECK(number_of(a.add(7)) == 2); // ids are never used again
}

TEST_CASE("a machine is a value: a copy keeps what it was") {
    auto machine = small();
    auto const snapshot = machine;
    CHECK(machine == snapshot);
    auto const task = add_process(machine, "bash", 0, 15, 3, true);
    CHECK(machine.tasks[task].pid == Pid{100});
    CHECK_FALSE(machine == snapshot);
    CHECK_FALSE(snapshot.tasks.has(task));
    auto const& group = machine.groups[machine.tasks[task].group];
    CHECK_FALSE(group.session_leader);
    CHECK(group.has_ctty);
    CHECK(group.session == machine.terminal.session);
    CHECK(group.pgrp == machine.terminal.pgrp);
    CHECK(machine.tasks[machine.init].children == std::vector<TaskId>{task});
}

TEST_CASE("a first program that does not write to the terminal leaves it free") {
    auto machine = small();
    auto const task = add_process(machine, "script", 0, 15, 3, false);
    CHECK_FALSE(machine.groups[machine.tasks[task].group].has_ctty);
    CHECK(machine.terminal == Terminal{});
}

TEST_CASE("a pipe's readers wait for its last writer") {
    auto machine = small();
    auto const writer = add_process(machine, "bash", 0, 15, 3, true);
    auto const reader = add_process(machine, "child", 0, 15, 3, true);
    for (auto const task : {writer, reader}) {
        machine.files.edit(machine.tasks[task].files).pipe = 1;
        machine.files.edit(machine.tasks[task].files).writes_pipe = task == writer;
    }
    machine.tasks.edit(reader).sleep = {"pipe_input", {}};
    CHECK(has_writer(machine, 1));
    CHECK_FALSE(has_writer(machine, 2));
    CHECK(pipe_readers(machine, 1) == std::vector<TaskId>{reader});
    machine.files.edit(machine.tasks[writer].files).count = 0; // it has exited
    CHECK_FALSE(has_writer(machine, 1));
}

TEST_CASE("a poll finds what is ready, and is woken for what it looks at") {
    auto machine = small();
    auto const writer = add_process(machine, "typist", 0, 15, 3, false);
    auto const poller = add_process(machine, "script", 0, 15, 3, false);
    for (auto const task : {writer, poller}) {
        machine.files.edit(machine.tasks[task].files).pipe = 1;
        machine.files.edit(machine.tasks[task].files).writes_pipe = task == writer;
    }
    CHECK(ready_files(machine, poller) == 0);
    machine.pipe_lines[1].push_back(0);
    CHECK(ready_files(machine, poller) == kPollsInput);
    machine.pipe_lines[1].clear();
    machine.terminal.output = 3;
    CHECK(ready_files(machine, poller) == kPollsTerminal);
    machine.terminal.output = 0;
    machine.groups.edit(machine.tasks[poller].group).shared_pending.set = set_of(SIGCHLD_);
    CHECK(ready_files(machine, poller) == kPollsSignal);
    machine.files.edit(machine.tasks[writer].files).count = 0; // the pipe's end can be read, too
    CHECK(ready_files(machine, poller) == (kPollsSignal | kPollsInput));

    auto& task = machine.tasks.edit(poller);
    task.sleep = {"poll", {}};
    task.args.set(Arg::mask, kPollsSignal);
    CHECK_FALSE(polls(machine.tasks[poller], kPollsSignal)); // that sleep is over
    task.syscall = "ppoll";
    CHECK(polls(machine.tasks[poller], kPollsSignal));
    CHECK_FALSE(polls(machine.tasks[poller], kPollsInput | kPollsTerminal));
    CHECK(pipe_readers(machine, 1).empty());
    task.args.set(Arg::mask, kPollsInput);
    CHECK(pipe_readers(machine, 1) == std::vector<TaskId>{poller});
}

TEST_CASE("pids are given out in a circle, and above the reserved ones when it begins again") {
    auto machine = small();
    auto const root = PidNamespaceId{0};
    auto& ns = machine.namespaces.edit(root);
    ns.pid_max = 310;
    ns.last = 307;
    CHECK(machine.pids[allocate_pid(machine, root, 0)].numbers == std::vector<std::int32_t>{308});
    auto const last = allocate_pid(machine, root, 0);
    CHECK(machine.pids[last].numbers.front() == 309);
    auto const again = allocate_pid(machine, root, 0);
    CHECK(machine.pids[again].numbers.front() == 300);
    free_pid(machine, last);
    CHECK(machine.pids[allocate_pid(machine, root, 0)].numbers.front() == 301);
    CHECK(allocate_pid(machine, root, 308) == kNobody<PidId>); // taken
}

TEST_CASE("a pid gets its numbers level by level, and gives back only what is still its own") {
    auto machine = small();
    auto const root = PidNamespaceId{0};
    auto const pid = new_pid(machine, root);
    CHECK(machine.pids[pid].numbers == std::vector<std::int32_t>{0});
    REQUIRE(take_number(machine, pid, 0, 0));
    auto const taken = machine.pids[pid].numbers.front();
    CHECK(free_number(machine, root, taken) == 0);
    free_pid(machine, pid);
    CHECK(free_number(machine, root, taken) == taken);
    auto const other = allocate_pid(machine, root, taken);
    free_pid(machine, pid);
    CHECK((machine.namespaces[root].used.at(taken) == other));
}

TEST_CASE("a namespace of its own numbers a task from 1, and its parents number it too") {
    auto machine = small();
    PidNamespace inner;
    inner.parent = PidNamespaceId{0};
    inner.level = 1;
    auto const ns = machine.namespaces.add(inner);
    auto const pid = allocate_pid(machine, ns, 0);
    CHECK(machine.pids[pid].numbers == std::vector<std::int32_t>{100, 1});
    CHECK(machine.number_in(pid, ns) == 1);
    CHECK(machine.number_in(pid, PidNamespaceId{0}) == 100);
}

TEST_CASE("with no number left there is no pid") {
    auto machine = small();
    auto& root = machine.namespaces.edit(PidNamespaceId{0});
    root.pid_max = 2; // init has 1
    root.last = 1;
    CHECK(allocate_pid(machine, PidNamespaceId{0}, 0) == kNobody<PidId>);
}

TEST_CASE("a role is found up the stack as far as the entry, and set where it was bound") {
    Stack stack;
    auto const role = model::RoleId{5};
    auto const other = model::RoleId{6};
    Frame user;
    stack.frames.push_back(user);
    stack.add_place(0, role, {ObjectKind::fresh, 9});
    Frame entry;
    entry.boundary = true;
    entry.first_place = static_cast<std::uint32_t>(stack.places.size());
    stack.frames.push_back(entry);
    Frame inner;
    inner.first_place = static_cast<std::uint32_t>(stack.places.size());
    stack.frames.push_back(inner);
    CHECK_FALSE(stack.find(role)); // behind the entry
    stack.set(role, {ObjectKind::fresh, 1});
    CHECK(stack.find(role) == Object{ObjectKind::fresh, 1});
    auto const place = stack.find_place(role, stack.frames.size() - 1);
    stack.frames.back().roles.push_back({other, place}); // a second name for it
    stack.set(other, {ObjectKind::fresh, 2});
    CHECK(stack.find(role) == Object{ObjectKind::fresh, 2});
    stack.pop();
    CHECK(stack.find(role) == Object{ObjectKind::fresh, 2}); // it lives in the entry's frame
    CHECK_FALSE(stack.find(other));
}

TEST_CASE("signals: what is ignored, what kills, what is held back") {
    auto machine = small();
    auto const task = add_process(machine, "p", 0, 1, 0, false);
    SigInfo child;
    child.signal = SIGCHLD_;
    CHECK(is_ignored(machine, task, child)); // by default
    auto& actions = machine.sighands.edit(machine.tasks[task].sighand).actions;
    actions[SIGCHLD_].handler = 2;
    CHECK_FALSE(is_ignored(machine, task, child));
    CHECK(is_fatal(machine, task, SIGTERM_));
    actions[SIGTERM_].handler = 2;
    CHECK_FALSE(is_fatal(machine, task, SIGTERM_));
    CHECK(is_fatal(machine, task, SIGKILL_));
    SigInfo term;
    term.signal = SIGTERM_;
    actions[SIGTERM_].handler = 1;
    CHECK(is_ignored(machine, task, term));
    machine.tasks.edit(task).blocked = set_of(SIGTERM_);
    CHECK_FALSE(is_ignored(machine, task, term)); // held back: it may get a handler yet
    SigInfo kill;
    kill.signal = SIGKILL_;
    CHECK(is_ignored(machine, machine.init, kill)); // init is unkillable from within
}

TEST_CASE("a parent that ignores SIGCHLD or says SA_NOCLDWAIT lets its children vanish") {
    auto machine = small();
    auto const parent = add_process(machine, "p", 0, 1, 0, false);
    auto const child = add_process(machine, "c", 0, 1, 0, false);
    machine.tasks.edit(child).parent = parent;
    CHECK_FALSE(autoreaps(machine, child));
    auto& action = machine.sighands.edit(machine.tasks[parent].sighand).actions[SIGCHLD_];
    action.handler = 1;
    CHECK(autoreaps(machine, child));
    action = Action{2, SA_NOCLDWAIT_, 0};
    CHECK(autoreaps(machine, child));
    machine.tasks.edit(child).exit_signal = 0;
    CHECK_FALSE(autoreaps(machine, child));
}

TEST_CASE("wait: for whom it is") {
    auto machine = small();
    auto const parent = add_process(machine, "p", 0, 1, 0, false);
    auto const child = add_process(machine, "c", 0, 1, 0, false);
    machine.tasks.edit(parent).children = {child};
    auto& waiter = machine.tasks.edit(parent);
    waiter.syscall = "wait4";
    waiter.args.set(Arg::pid, -1);
    CHECK(is_waited_for(machine, parent, child));
    waiter.args.set(Arg::pid, 4711);
    CHECK_FALSE(is_waited_for(machine, parent, child));
    waiter.args.set(Arg::pid, machine.tasks[child].pid.value);
    CHECK(is_waited_for(machine, parent, child));
    waiter.args.set(Arg::pid, 0); // its own group, that the child has left
    CHECK_FALSE(is_waited_for(machine, parent, child));
    waiter.args.set(Arg::pid, -1);
    machine.tasks.edit(child).exit_signal = 0; // a clone child
    CHECK_FALSE(is_waited_for(machine, parent, child));
    waiter.args.set(Arg::options, __WALL_);
    CHECK(is_waited_for(machine, parent, child));
    CHECK(has_child_to_wait_for(machine, parent));
}

TEST_CASE("no word is written twice") {
    has_no_duplicates(all_guards());
    has_no_duplicates(all_effects());
    has_no_duplicates(all_collections());
    has_no_duplicates(all_conditions());
}
