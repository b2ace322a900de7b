// What glibc's functions ask about their own state.

#include "sim/kernel/effects/library_words.hpp"

namespace kflow::kernel {

namespace {

/// pthread_join(): the kernel has cleared the thread's number, or there is no such thread.
bool thread_is_gone(Scope const& s) {
    auto const number = static_cast<std::int32_t>(s.self().user.arguments.get(Arg::tid));
    auto const thread = s.machine.find_task(s.machine.namespace_of(s.current), number);
    return thread == kNobody<TaskId> || s.machine.tasks[thread].clear_child_tid == 0;
}

bool action_is_ignore(Scope const& s) {
    auto const signal = static_cast<int>(spawn_signal(s));
    return s.self().sighand != kNobody<SighandId> &&
           action_of(s.machine, s.current, signal).handler == 1;
}

/// pthread_kill() of the caller itself; raise() and abort() name the caller.
bool signals_itself(Scope const& s) {
    auto const own = s.machine.number_in(s.self().pid_struct, s.machine.namespace_of(s.current));
    return s.self().user.arguments.get(Arg::tid, own) == own;
}

constexpr std::array kGuards{
    KFLOW_GUARD(process_has_threads, library(s)->threaded),
    KFLOW_GUARD(first_thread_of_process, !library(s)->threaded),
    KFLOW_GUARD(one_thread_counted, library(s)->threads == 1),
    KFLOW_GUARD(last_thread_ends, library(s)->threads == 0),
    KFLOW_GUARD(fork_failed, s.self().user.kept_result < 0),
    KFLOW_GUARD(cached_stack_fits, library(s)->cached_stacks > 0),
    KFLOW_GUARD(kept_stacks_are_too_many, library(s)->cached_stacks > 5),
    KFLOW_GUARD(heap_is_unused, !library(s)->heap),
    KFLOW_GUARD(joined_thread_is_gone, thread_is_gone(s)),
    KFLOW_GUARD(signals_itself, signals_itself(s)),
    KFLOW_GUARD(exit_functions_left, !library(s)->exit_functions.empty()),
    KFLOW_GUARD(main_was_unwound, true),
    KFLOW_GUARD(spawn_signal_is_internal, spawn_signal(s) == 32 || spawn_signal(s) == 33),
    KFLOW_GUARD(spawn_signal_is_ignored, action_is_ignore(s)),
    KFLOW_GUARD(spawn_exec_failed, library(s)->spawn_error != 0),
    KFLOW_GUARD(stdout_is_character_device,
                stdout_kind(s) == FileKind::tty || stdout_kind(s) == FileKind::device),
    KFLOW_GUARD(stdout_is_pseudo_terminal, stdout_kind(s) == FileKind::tty),
    KFLOW_GUARD(stream_has_no_buffer, library(s)->out.size == 0),
    KFLOW_GUARD(stream_is_line_buffered, library(s)->out.line_buffered),
    KFLOW_GUARD(buffer_holds_text, library(s)->out.held > 0),
    KFLOW_GUARD(text_is_left, s.self().user.text.bytes() > 0),
    KFLOW_GUARD(text_must_go_out,
                s.self().user.text.must_flush || s.self().user.text.bytes() > 0),
    KFLOW_GUARD(whole_blocks_left, s.self().user.text.bytes() >= library(s)->out.size),
};

} // namespace

Guards library_guards() {
    return kGuards;
}

} // namespace kflow::kernel
