// Call trees: braces, noise, and what is missing.
#include "excerpts.hpp"
#include "sim/trace/call_tree.hpp"
#include "sim/trace/capture.hpp"

#include <catch2/catch.hpp>

using namespace kflow;
using namespace kflow::trace;
using namespace kflow::trace::test;

namespace {

/// One line of a graph of one cpu and one task, as function_graph prints it with funcgraph-proc.
std::string graph(std::string const& body, std::string const& task = "bash-7", int cpu = 0) {
    std::size_t const spaces = 14 - task.size();
    std::string const column =
        std::string(spaces / 2, ' ') + task + std::string(spaces - spaces / 2, ' ');
    bool const timed = body.find('}') != std::string::npos || body.find(';') != std::string::npos;
    return " " + std::to_string(cpu) + ") " + column + " | " +
           (timed ? "  1.000 us    |  " : "              |  ") + body + "\n";
}

struct Forest {
    Capture capture;
    CallForest forest;
};

Forest forest_of(std::string const& text) {
    Forest result{read_trace(text, "a"), {}};
    REQUIRE(to_string(result.capture.diagnostics) == "");
    result.forest = build_call_forest(result.capture.events);
    return result;
}

/// `name(child child(…))` of the calls that are no noise; `?` behind a call that did not return,
/// `^` before one whose entry is missing.
std::string shape(CallForest const& forest, std::vector<CallChild> const& children, bool noise) {
    std::string text;
    for (CallChild const& child : children) {
        if (child.kind != CallChild::Kind::call || (!noise && child.noise != NoiseKind::none)) {
            continue;
        }
        Call const& call = forest.calls[child.index];
        text += text.empty() ? "" : " ";
        text +=
            (call.entered ? "" : "^") + std::string(call.name.view()) + (call.returned ? "" : "?");
        std::string const below = shape(forest, call.children, noise);
        text += below.empty() ? "" : "(" + below + ")";
    }
    return text;
}

std::string shape(Forest const& f, std::size_t task = 0, bool noise = false) {
    return shape(f.forest, f.forest.tasks.at(task).roots, noise);
}

std::size_t groups(Forest const& f, NoiseKind kind) {
    return f.forest.noise[static_cast<std::size_t>(kind)].groups;
}

std::size_t calls(Forest const& f, NoiseKind kind) {
    return f.forest.noise[static_cast<std::size_t>(kind)].calls;
}

} // namespace

TEST_CASE("braces make the tree, per task") {
    Forest const f = forest_of(graph("kernel_clone() {") + graph("  copy_process();") +
                               graph("schedule_tail() {", "sh-8", 1) +
                               graph("  wake_up_new_task();") + graph("}", "sh-8", 1) + graph("}"));
    CHECK(shape(f, 0) == "kernel_clone(copy_process wake_up_new_task)");
    CHECK(shape(f, 1) == "schedule_tail");
    Call const& clone = f.forest.calls.at(0);
    CHECK(clone.first_line == 1);
    CHECK(clone.last_line == 6);
    CHECK(clone.calls == 3);
    CHECK(clone.duration == Nanos{1000});
    CHECK(f.forest.tasks.at(0).pid == Pid{7});
    CHECK(f.forest.calls.at(1).parent == 0);
}

TEST_CASE("an interrupt that is printed one level too deep is a sibling, as its braces say") {
    Forest const f = forest_of(graph("copy_process() {") + graph("    irq_enter_rcu();") +
                               graph("    do_interrupt_handler() {") +
                               graph("      gic_handle_irq();") + graph("    }") +
                               graph("    irq_exit_rcu();") + graph("  dup_mm();") + graph("}"));
    CHECK(shape(f) == "copy_process(dup_mm)");
    CHECK(shape(f, 0, true) ==
          "copy_process(irq_enter_rcu do_interrupt_handler(gic_handle_irq) irq_exit_rcu dup_mm)");
    CHECK(groups(f, NoiseKind::interrupt) == 1);
    CHECK(calls(f, NoiseKind::interrupt) == 4);
    CHECK(f.forest.resyncs == 0);
    CHECK(f.forest.own_calls(f.forest.calls[0]).size() == 1);
}

TEST_CASE("without funcgraph-irqs an interrupt's end stands alone") {
    Forest const f = forest_of(graph("dup_mm() {") + graph("  irq_enter_rcu();") +
                               graph("  ksoftirqd_running();") +
                               graph("  do_softirq_own_stack();") + graph("  idle_cpu();") +
                               graph("  mm_init();") + graph("  idle_cpu();") + graph("}"));
    CHECK(shape(f) == "dup_mm(mm_init idle_cpu)");
}

TEST_CASE("a page fault is noise inside of the kernel and work when it comes from user mode") {
    Forest const f =
        forest_of(graph("do_mem_abort() {") + graph("  do_translation_fault();") + graph("}") +
                  graph("schedule_tail() {") + graph("  do_mem_abort();") + graph("}"));
    CHECK(shape(f) == "do_mem_abort(do_translation_fault) schedule_tail");
    CHECK(groups(f, NoiseKind::fault) == 1);
}

TEST_CASE("a switch inside of a function that did not ask for it is set aside, its event too") {
    std::string const text =
        graph("_raw_spin_unlock_irqrestore() {") + graph("  rcu_note_context_switch();") +
        graph("  _raw_spin_lock();") + graph("  update_rq_clock();") +
        graph("  pick_task_fair();") + graph("  psi_task_switch();") +
        graph("  /* sched_switch: prev_comm=bash prev_pid=7 prev_prio=120 prev_state=R+ ==> "
              "next_comm=sh next_pid=8 next_prio=120 */") +
        graph("  finish_task_switch.isra.0();") + graph("  _raw_spin_lock();") + graph("}");
    Forest const f = forest_of(text);
    CHECK(shape(f) == "_raw_spin_unlock_irqrestore(_raw_spin_lock)");
    CHECK(groups(f, NoiseKind::preemption) == 1);
    CHECK(calls(f, NoiseKind::preemption) == 6);
    for (CallChild const& child : f.forest.calls[0].children) {
        if (child.kind == CallChild::Kind::event) {
            CHECK(child.noise == NoiseKind::preemption);
        }
    }
}

TEST_CASE("a switch that chose nobody else ends where the run queue is unlocked") {
    Forest const f =
        forest_of(graph("exit_mm() {") + graph("  rcu_note_context_switch();") +
                  graph("  _raw_spin_lock();") + graph("  update_rq_clock();") +
                  graph("  pick_task_fair();") + graph("  _raw_spin_unlock();") +
                  graph("  mm_update_next_owner();") + graph("  _raw_spin_unlock();") + graph("}"));
    CHECK(shape(f) == "exit_mm(mm_update_next_owner _raw_spin_unlock)");
}

TEST_CASE("a switch below schedule() is its own") {
    Forest const f = forest_of(graph("schedule() {") + graph("  rcu_note_context_switch();") +
                               graph("  pick_task_fair();") +
                               graph("  finish_task_switch.isra.0();") + graph("}"));
    CHECK(shape(f) == "schedule(rcu_note_context_switch pick_task_fair finish_task_switch)");
    CHECK(groups(f, NoiseKind::preemption) == 0);
}

TEST_CASE("compiler suffixes are cut, an outlined part keeps its mark") {
    CHECK(source_name(Name("el0_svc_common.constprop.0")) ==
          SourceName{Name("el0_svc_common"), false});
    CHECK(source_name(Name("dup_fd.part.0")) == SourceName{Name("dup_fd"), true});
    CHECK(source_name(Name("a.isra.0.part.12.cold")) == SourceName{Name("a"), true});
    CHECK(source_name(Name("do_exit")) == SourceName{Name("do_exit"), false});
    CHECK(source_name(Name("weird.partial")) == SourceName{Name("weird.partial"), false});
}

TEST_CASE("what a task never returns from stays open, and its pid's next life is another task") {
    Forest const f =
        forest_of(graph("do_exit() {") + graph("  exit_files();") + graph("  do_task_dead() {") +
                  graph("    psi_task_switch();") + graph("schedule_tail() {") +
                  graph("  finish_task_switch.isra.0();") + graph("}"));
    REQUIRE(f.forest.tasks.size() == 2);
    CHECK(shape(f, 0) == "do_exit?(exit_files do_task_dead?(psi_task_switch))");
    CHECK(shape(f, 1) == "schedule_tail(finish_task_switch)");
    CHECK_FALSE(f.forest.calls[0].lost);
    CHECK(f.forest.calls[0].last_line == 4);
}

TEST_CASE("a thread that execs goes on under its leader's number, and may be traced no more") {
    auto const exec = graph("do_task_dead() {") + graph("execve() {", "bash-8", 1) +
                      graph("  begin_new_exec() {", "bash-8", 1) +
                      graph("    exchange_tids() {", "bash-8", 1) + graph("    }", "bash-7", 1);
    Forest const on = forest_of(exec + graph("    transfer_pid();", "bash-7", 1) +
                                graph("  }", "bash-7", 1) + graph("}", "bash-7", 1));
    REQUIRE(on.forest.tasks.size() == 3);
    CHECK(shape(on, 1) == "execve(begin_new_exec(exchange_tids transfer_pid))");
    CHECK_FALSE(on.forest.calls[1].lost);
    Forest const off = forest_of(exec + graph("  }", "bash-7", 1) + graph("}", "bash-7", 1));
    CHECK(shape(off, 1) == "execve(begin_new_exec(exchange_tids))");
    CHECK(off.forest.calls[1].lost); // execve, of which more was not shown
    CHECK(off.forest.calls[2].lost);
}

TEST_CASE("a thread that execs may be traced again once it was switched out") {
    auto const exec = graph("do_task_dead() {") + graph("execve() {", "bash-8", 1) +
                      graph("  begin_new_exec() {", "bash-8", 1) +
                      graph("    exchange_tids() {", "bash-8", 1) + graph("    }", "bash-7", 1);
    auto const rest = graph("    remove_vma();", "bash-7", 1) + graph("  }", "bash-7", 1);
    Forest const by_call =
        forest_of(exec + graph("    finish_task_switch.isra.0();", "bash-7", 1) + rest);
    CHECK(by_call.forest.calls[2].lost); // begin_new_exec
    Forest const by_event = forest_of(
        exec +
        graph("    /* sched_switch: prev_comm=bash prev_pid=7 prev_prio=120 prev_state=R ==> "
              "next_comm=swapper/1 next_pid=0 next_prio=120 */",
              "bash-7", 1) +
        rest);
    CHECK(by_event.forest.calls[2].lost);
}

TEST_CASE("a filtered graph tells by the leader's last switch that its number was taken over") {
    Forest const f = forest_of(
        graph("do_exit() {") +
        graph("  /* sched_switch: prev_comm=bash prev_pid=7 prev_prio=120 prev_state=Z ==> "
              "next_comm=swapper/0 next_pid=0 next_prio=120 */") +
        graph("__arm64_sys_execve() {", "bash-8", 1) + graph("  mmput();", "bash-7", 1) +
        graph("}", "bash-7", 1));
    CHECK(shape(f, 0) == "do_exit?");
    CHECK(shape(f, 1) == "__arm64_sys_execve(mmput)");
}

TEST_CASE(
    "a leader that is overtaken on its way to its last switch goes on under the thread's number") {
    Forest const read = forest_of(
        graph("do_exit() {", "bash-7", 0) + graph("  preempt_count_add() {", "bash-7", 0) +
        graph("execve() {", "bash-8", 1) + graph("  begin_new_exec() {", "bash-8", 1) +
        graph("    exchange_tids() {", "bash-8", 1) + graph("    }", "bash-7", 1) +
        graph("  }", "bash-8", 0) + graph("  do_task_dead() {", "bash-8", 0) +
        graph("    release_task();", "bash-7", 1) + graph("  }", "bash-7", 1) +
        graph("}", "bash-7", 1));
    CHECK(shape(read, 0) == "do_exit?(preempt_count_add do_task_dead?)");
    CHECK(shape(read, 1) == "execve(begin_new_exec(exchange_tids release_task))");
}

TEST_CASE("a return without its entry takes what was deeper before it") {
    Forest const f = forest_of(graph("    mm_init();") + graph("    dup_mmap();") +
                               graph("  } /* dup_mm */") + graph("  copy_namespaces();") +
                               graph("} /* copy_process */") + graph("wake_up_new_task();"));
    CHECK(shape(f) == "^copy_process(^dup_mm(mm_init dup_mmap) copy_namespaces) wake_up_new_task");
    for (std::uint32_t i = 0; i < f.forest.calls.size(); ++i) { // callers come first
        CHECK((f.forest.calls[i].parent == Call::kNone || f.forest.calls[i].parent < i));
    }
}

TEST_CASE("a return without its entry tells that the calls around it miss records") {
    Forest const f = forest_of(graph("do_notify_resume() {", "bash-7", 2) +
                               graph("  schedule() {", "bash-7", 2) +
                               graph("            finish_task_switch();", "bash-7", 3) +
                               graph("          } /* __cond_resched */", "bash-7", 3));
    CHECK(f.forest.calls[0].lost);
    CHECK(f.forest.calls[1].lost);
}

TEST_CASE("lost records are marked, and depth finds the way back") {
    Forest const f = forest_of(graph("kernel_clone() {") + graph("  copy_process() {") +
                               graph("    dup_mm() {") + "CPU:0 [LOST 12 EVENTS]\n" +
                               graph("  wake_up_new_task();") + graph("}") + graph("put_pid();"));
    CHECK(shape(f) == "kernel_clone(copy_process?(dup_mm?) wake_up_new_task) put_pid");
    CHECK(f.forest.lost_markers == 1);
    CHECK(f.forest.resyncs == 2);
    CHECK(f.forest.calls[0].lost);
    CHECK(f.forest.calls[1].lost);
    CHECK_FALSE(f.forest.calls.back().lost);
}

TEST_CASE("what a call shows before records are lost is told apart from what it shows behind") {
    Forest const f = forest_of(
        graph("kernel_clone() {") + graph("  copy_process() {") + graph("    dup_task_struct();") +
        graph("puts();", "cat-8", 1) + "CPU:0 [LOST 12 EVENTS]\n" + graph("    sched_fork();") +
        "CPU:0 [LOST 12 EVENTS]\n" + graph("  }") + graph("  wake_up_new_task() {"));
    CHECK(shape(f) == "kernel_clone?(copy_process(dup_task_struct sched_fork) wake_up_new_task?)");
    auto const& calls = f.forest.calls;
    CHECK(calls[0].lost_from == 3); // Behind the last record of that cpu.
    CHECK(calls[1].lost_from == 3);
    CHECK(calls[1].lost);
    CHECK_FALSE(calls.back().lost);
}

TEST_CASE("a task that is on another cpu all the while loses no records") {
    std::string const away = graph("rcu_note_context_switch();", "cat-8", 1);
    std::string const stays = graph("kernel_clone() {") + graph("a();", "cat-8", 1) +
                              "CPU:1 [LOST 12 EVENTS]\n" + graph("}");
    CHECK(forest_of(stays).forest.calls[0].lost); // Nobody shows how a task leaves its cpu.
    CHECK_FALSE(forest_of(away + stays).forest.calls[1].lost);
    std::string const leaves = graph("kernel_clone() {") + graph("  rcu_note_context_switch();") +
                               graph("a();", "cat-8", 1) + "CPU:1 [LOST 12 EVENTS]\n" + graph("}");
    CHECK(forest_of(leaves).forest.calls[0].lost);
    std::string const replaced = graph("kernel_clone() {") + graph("a();", "idle-9") +
                                 graph("a();", "cat-8", 1) + "CPU:1 [LOST 12 EVENTS]\n" +
                                 graph("}");
    CHECK(forest_of(away + replaced).forest.calls[1].lost);
}

TEST_CASE("events stand between the calls that they happened between") {
    Forest const f =
        forest_of(graph("kernel_clone() {") + graph("  copy_process();") +
                  graph("  /* sched_process_fork: comm=bash pid=7 child_comm=bash child_pid=8 */") +
                  graph("  wake_up_new_task();") + graph("}"));
    std::vector<CallChild> const& children = f.forest.calls[0].children;
    REQUIRE(children.size() == 3);
    CHECK(children[1].kind == CallChild::Kind::event);
    CHECK(f.capture.events[children[1].index].as<TraceEvent>()->number("child_pid") == 8);
}

TEST_CASE("idle tasks are told apart by cpu") {
    Forest const f = forest_of(graph("a() {", "<idle>-0", 0) + graph("b() {", "<idle>-0", 1) +
                               graph("}", "<idle>-0", 0) + graph("}", "<idle>-0", 1));
    REQUIRE(f.forest.tasks.size() == 2);
    CHECK(shape(f, 0) == "a");
    CHECK(shape(f, 1) == "b");
}

TEST_CASE("trees of real excerpts match without help of depth") {
    for (char const* name : {"graph-interrupt-6.12.trace", "graph-switch-6.1.trace",
                             "opt-graph-proc-6.12.trace", "opt-graph-args-7.2.trace"}) {
        INFO(name);
        Forest const f = forest_of(excerpt(name));
        CHECK(f.forest.calls.size() > 3);
        CHECK(f.forest.resyncs == 0);
    }
}
