// What glibc's functions change: their own state, and what they hand to the next system call.

#include "sim/kernel/effects/library_words.hpp"

namespace kflow::kernel {

namespace {

constexpr std::int64_t kBlock = 0, kUnblock = 1, kSetMask = 2; // SIG_BLOCK … (bits/sigaction.h)
constexpr int kSigCancel = 32, kSigSetxid = 33;                // internal-signals.h
constexpr std::int64_t kNoAction = -1; // sigaction() only asks
constexpr SignalSet kAll = ~SignalSet{0};

Arguments& arguments(Scope const& s) {
    return s.edit_self().user.arguments;
}

void offer_mask(Scope const& s, std::int64_t how, SignalSet mask) {
    arguments(s).set(Arg::how, how);
    arguments(s).set(Arg::mask, static_cast<std::int64_t>(mask));
}

void offer_all_signals(Scope const& s) {
    s.edit_self().user.kept_mask = s.self().blocked;
    offer_mask(s, kBlock, kAll);
}

void offer_action(Scope const& s, std::int64_t signal, std::int64_t handler) {
    auto& args = arguments(s);
    args.set(Arg::signal, signal);
    args.set(Arg::handler, handler);
    args.set(Arg::action_flags, 0);
    args.set(Arg::mask, 0);
}

// Output.

/// Takes so many bytes of the text into the buffer.
void take(Scope const& s, std::int64_t bytes) {
    auto& text = s.edit_self().user.text;
    auto& out = library(s)->out;
    out.held += bytes;
    out.text += text.text.substr(0, static_cast<std::size_t>(bytes));
    text.text.erase(0, static_cast<std::size_t>(bytes));
    while (bytes > 0 && !text.lines.empty()) {
        auto const part = std::min(bytes, text.lines.front());
        text.lines.front() -= part;
        bytes -= part;
        if (text.lines.front() == 0) {
            text.lines.erase(text.lines.begin());
        }
    }
    text.rest -= bytes;
}

void format_text(Scope const& s, Actions& act) {
    auto written = act.text(s.self().user.arguments.get(Arg::text, -1));
    PendingText text;
    text.text = written;
    for (auto end = written.find('\n'); end != std::string_view::npos; end = written.find('\n')) {
        text.lines.push_back(static_cast<std::int64_t>(end) + 1);
        written.remove_prefix(end + 1);
    }
    text.rest = static_cast<std::int64_t>(written.size());
    s.edit_self().user.text = std::move(text);
}

/// _IO_new_file_xsputn(): as much as fits; up to the last newline on a terminal.
void fill_buffer(Scope const& s) {
    auto const& out = library(s)->out;
    auto& text = s.edit_self().user.text;
    text.must_flush = false;
    auto room = out.size - out.held;
    auto const bytes = text.bytes();
    if (out.size > 0 && out.line_buffered && room >= bytes && !text.lines.empty()) {
        room = bytes - text.rest;
        text.must_flush = true;
    }
    take(s, std::min(room, bytes));
}

void make_buffer(Scope const& s) {
    constexpr std::int64_t terminal = 1024; // st_blksize of a pseudo-terminal, and of anything else
    constexpr std::int64_t other = 4096;
    bool const tty = stdout_kind(s) == FileKind::tty;
    library(s)->out = {tty ? terminal : other, tty, 0, {}};
}

/// The buffer's last bytes: a whole write.
void offer_bytes(Scope const& s, std::int64_t bytes) {
    auto const& text = library(s)->out.text;
    auto const many = std::min(static_cast<std::size_t>(bytes), text.size());
    s.edit_self().user.offered = text.substr(text.size() - many);
    arguments(s).set(Arg::fd, 1);
    arguments(s).set(Arg::bytes, bytes);
    arguments(s).set(Arg::buffered, 1);
}

void empty_buffer(Scope const& s) {
    library(s)->out.held = 0;
    library(s)->out.text.clear();
}

/// Whole blocks of the text go out without being copied.
void offer_blocks(Scope const& s) {
    auto const size = library(s)->out.size;
    auto const blocks = s.self().user.text.bytes() / size * size;
    take(s, blocks);
    offer_bytes(s, blocks);
}

void buffer_line(Scope const& s) {
    auto const& lines = s.self().user.text.lines;
    take(s, lines.empty() ? 0 : lines.front());
}

// Functions of the program.

void call_handler(Scope const& s, Actions& act) {
    auto const handler = s.object("handler");
    if (handler.kind == ObjectKind::member) {
        act.call_program(handler.id);
    }
}

void call_exit_function(Scope const& s, Actions& act) {
    auto& functions = library(s)->exit_functions;
    if (!functions.empty()) {
        auto const last = functions.back();
        functions.pop_back();
        act.call_program(last);
    }
}

void call_thread_function(Scope const& s, Actions& act) {
    act.call_program(static_cast<std::uint32_t>(s.self().user.arguments.get(Arg::entry)));
}

void add_atfork_handler(Scope const& s) {
    auto const& args = s.self().user.arguments;
    library(s)->atfork.push_back(
        {args.get(Arg::prepare, -1), args.get(Arg::parent, -1), args.get(Arg::child, -1)});
}

// posix_spawn.

void offer_spawned(Scope const& s) {
    arguments(s).set(Arg::pid, s.self().user.kept_result);
    arguments(s).set(Arg::options, 0);
}

void note_spawn_error(Scope const& s) {
    constexpr int spawn_error = 127; // SPAWN_ERROR
    auto const result = s.self().user.result;
    constexpr int child_error = 10; // ECHILD: a failure without an errno
    library(s)->spawn_error = result < 0 ? static_cast<int>(-result) : child_error;
    arguments(s).set(Arg::exit_code, spawn_error);
}

/// The user side's result, and as an effect's: the errno.
int give_result(Scope const& s, std::int64_t result) {
    s.edit_self().user.result = result;
    return result < 0 ? static_cast<int>(-result) : 0;
}

int return_thread_result(Scope const& s) {
    constexpr std::int64_t again = 11;
    constexpr std::int64_t no_memory = 12;
    auto const kept = s.self().user.kept_result;
    return give_result(s, kept == -no_memory ? -again : kept);
}

/// brk(2) makes a mapping of its own for it.
void make_heap(Scope const& s) {
    library(s)->heap = true;
    s.machine.mms.edit(s.self().mm).vmas++;
}

constexpr std::array kEffects{
    Word<EffectFunction>{
        "return_kept_result",
        [](Scope const& s, Actions&) { return give_result(s, s.self().user.kept_result); }},
    Word<EffectFunction>{
        "return_spawn_error",
        [](Scope const& s, Actions&) { return give_result(s, -library(s)->spawn_error); }},
    Word<EffectFunction>{"return_thread_result",
                         [](Scope const& s, Actions&) { return return_thread_result(s); }},
    KFLOW_EFFECT(keep_result, s.edit_self().user.kept_result = s.self().user.result),
    KFLOW_EFFECT(offer_all_signals, offer_all_signals(s)),
    KFLOW_EFFECT(offer_all_signals_but_setxid, offer_mask(s, kBlock, kAll & ~set_of(kSigSetxid))),
    KFLOW_EFFECT(offer_kept_signals, offer_mask(s, kSetMask, s.self().user.kept_mask)),
    KFLOW_EFFECT(offer_no_signals, offer_mask(s, kBlock, 0)),
    KFLOW_EFFECT(offer_unblock_abort, offer_mask(s, kUnblock, set_of(SIGABRT_))),
    KFLOW_EFFECT(offer_unblock_internal,
                 offer_mask(s, kUnblock, set_of(kSigCancel) | set_of(kSigSetxid))),
    KFLOW_EFFECT(offer_setxid_handler, offer_action(s, kSigSetxid, 2)),
    KFLOW_EFFECT(offer_default_abort, offer_action(s, SIGABRT_, 0)),
    KFLOW_EFFECT(offer_no_action, offer_action(s, spawn_signal(s), kNoAction)),
    KFLOW_EFFECT(offer_default_action, offer_action(s, spawn_signal(s), 0)),
    KFLOW_EFFECT(offer_ignoring_action, offer_action(s, spawn_signal(s), 1)),
    KFLOW_EFFECT(format_text, format_text(s, act)),
    KFLOW_EFFECT(fill_buffer, fill_buffer(s)),
    KFLOW_EFFECT(make_buffer, make_buffer(s)),
    KFLOW_EFFECT(offer_buffer, offer_bytes(s, library(s)->out.held)),
    KFLOW_EFFECT(offer_blocks, offer_blocks(s)),
    KFLOW_EFFECT(buffer_line, buffer_line(s)),
    KFLOW_EFFECT(buffer_rest, take(s, s.self().user.text.bytes())),
    KFLOW_EFFECT(empty_buffer, empty_buffer(s)),
    KFLOW_EFFECT(make_heap, make_heap(s)),
    KFLOW_EFFECT(call_handler, call_handler(s, act)),
    KFLOW_EFFECT(call_exit_function, call_exit_function(s, act)),
    KFLOW_EFFECT(call_thread_function, call_thread_function(s, act)),
    KFLOW_EFFECT(call_main, act.call_program(0)),
    KFLOW_EFFECT(add_exit_function,
                 library(s)->exit_functions.push_back(
                     static_cast<std::uint32_t>(s.self().user.arguments.get(Arg::handler)))),
    KFLOW_EFFECT(add_atfork_handler, add_atfork_handler(s)),
    KFLOW_EFFECT(begin_threads, library(s)->threaded = true),
    KFLOW_EFFECT(count_thread_in, library(s)->threads++),
    KFLOW_EFFECT(count_thread_out, library(s)->threads--),
    KFLOW_EFFECT(one_thread_is_left, library(s)->threads = 1),
    KFLOW_EFFECT(cache_stack, library(s)->cached_stacks++),
    KFLOW_EFFECT(use_cached_stack, library(s)->cached_stacks--),
    KFLOW_EFFECT(unwind_thread, act.unwind_thread()),
    KFLOW_EFFECT(clear_spawn_error, library(s)->spawn_error = 0),
    KFLOW_EFFECT(note_spawn_error, note_spawn_error(s)),
    KFLOW_EFFECT(offer_spawned, offer_spawned(s)),
};

} // namespace

Effects library_effects() {
    return kEffects;
}

} // namespace kflow::kernel
