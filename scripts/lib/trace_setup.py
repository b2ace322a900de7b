"""What is traced: the modes that kflow's captures are made in, and the `trace` block of a scenario (docs/SCENARIOS.md)."""

import collections

from lab_error import LabError

TraceSetup = collections.namedtuple("TraceSetup", "tracer options filter events")

SPINE = """
    mmput copy_process kernel_clone __arm64_sys_clone __arm64_sys_clone3 release_task do_wait do_exit __arm64_sys_exit do_group_exit
    __arm64_sys_exit_group __arm64_sys_waitid kernel_wait4 __arm64_sys_wait4 complete_signal do_notify_parent exit_signals get_signal
    __arm64_sys_kill __arm64_sys_tgkill wake_up_new_task schedule_tail __arm64_sys_clock_nanosleep ksys_write __arm64_sys_execve exit_files
    """.split()
EVENTS = """
    task/task_rename task/task_newtask signal/signal_deliver signal/signal_generate sched/sched_process_exec sched/sched_process_fork
    sched/sched_process_wait sched/sched_process_exit sched/sched_process_free sched/sched_switch sched/sched_wakeup_new
    sched/sched_wakeup sched/sched_waking
    """.split()
# set_ftrace_pid and set_event_pid then hold for children too, and lines tell whose they are and when.
OF_ONE_TREE = ["function-fork", "event-fork", "funcgraph-proc", "funcgraph-abstime"]

STACK = TraceSetup("function", ["func_stack_trace", "sym-offset"], SPINE, EVENTS)
MODES = {
    "stack": STACK,
    "function": STACK._replace(options=["sym-offset"]),
    "events": TraceSetup("nop", ["record-tgid"], [], ["sched", "task", "signal", "raw_syscalls"]),
    "graph": TraceSetup("function_graph", OF_ONE_TREE, [], EVENTS),
    "dat": STACK,
}
SCENARIO_MODE = "trace"  # as the scenario's block says

TRACERS = ("function", "function_graph", "nop")
LISTS = {"options": "options", "set_ftrace_filter": "filter", "events": "events"}


def trace_block(text, name):
    """The TraceSetup of a scenario's text, or None if it has no `trace` block. Lines may be repeated and add up."""
    setup, inside, found = TraceSetup("function", [], [], []), False, False
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if not line[0].isspace():
            inside = words == ["trace"]
            found |= inside
        elif inside:
            setup = with_row(setup, words, f"{name}:{number}")
    return complete(setup) if found else None


def with_row(setup, words, place):
    key, values = words[0], words[1:]
    if key == "current_tracer":
        if len(values) != 1 or values[0] not in TRACERS:
            raise LabError(f"{place}: expected a tracer: {', '.join(TRACERS)}")
        return setup._replace(tracer=values[0])
    if key not in LISTS:
        raise LabError(f"{place}: '{key}' is no setting of the trace: expected current_tracer, {', '.join(LISTS)}")
    field = LISTS[key]
    return setup._replace(**{field: getattr(setup, field) + values})


def complete(setup):
    """function_graph is never of the whole system: that is more than any buffer holds."""
    if setup.tracer != "function_graph":
        return setup
    return setup._replace(options=[*OF_ONE_TREE[:2], *setup.options])
