// Columns, letters, numbers and headers, one at a time.
#include "sim/trace/capture.hpp"
#include "sim/trace/event_layout.hpp"
#include "sim/trace/overhead_mark.hpp"
#include "sim/trace/write/context_text.hpp"
#include "sim/trace/write/graph_text.hpp"

#include <catch2/catch.hpp>

using namespace kflow;
using namespace kflow::trace;

namespace {

std::string flags_text(ContextFlags const& flags, int columns = 5) {
    std::string out;
    Dialect dialect;
    dialect.flag_columns = columns;
    append_flags(out, dialect, flags);
    return out;
}

std::string duration(std::int64_t nanos) {
    std::string out;
    append_duration(out, Nanos{nanos});
    return out;
}

/// One line of the function tracer in a text without header, read and printed.
Capture line(std::string const& text) {
    return read_trace(text + "\n", "a");
}

std::string again(Capture const& capture) {
    return write_trace(capture.format, capture.events);
}

} // namespace

TEST_CASE("every letter of the flags comes back") {
    int seen = 0;
    for (char const irqs : std::string("dDbX.")) {
        for (char const resched : std::string("NnpLlBb.")) {
            for (char const context : std::string("ZzHhs.")) {
                for (char const depth : std::string(".19af")) {
                    std::string const flags{irqs, resched, context, depth, depth};
                    std::string const text = "            bash-116     [001] " + flags +
                                             "   357.217388: do_exit <-do_group_exit";
                    Capture const capture = line(text);
                    REQUIRE(capture.events.size() == 1);
                    CHECK(flags_text(*capture.events[0].flags) == flags);
                    CHECK(again(capture) == text + "\n");
                    ++seen;
                }
            }
        }
    }
    CHECK(seen == 1200);
}

TEST_CASE("flags are what they say") {
    ContextFlags flags;
    flags.irqs_off = true;
    flags.need_resched = flags.preempt_resched = true;
    flags.hardirq = true;
    flags.preempt_depth = 2;
    CHECK(flags_text(flags) == "dNh2.");
    CHECK(flags_text(flags, 4) == "dNh2");
    flags.need_resched_lazy = true;
    CHECK(flags_text(flags) == "dBh2.");
    CHECK(flags_text(flags, 7) == "dnLh2..");
    flags.need_resched = false;
    CHECK(flags_text(flags) == "dLh2.");
    flags.preempt_lazy_depth = 3;
    flags.migrate_disable = 1;
    CHECK(flags_text(flags, 7) == "d.Lh231");
}

TEST_CASE("seven columns of flags are known without a header") {
    std::string const text =
        "            bash-116     [001] dnLh231   357.217388: do_exit <-do_group_exit\n"
        "            bash-116     [001] ....1..   357.217390: exit_mm <-do_exit\n";
    Capture const capture = read_trace(text, "a");
    REQUIRE(capture.events.size() == 2);
    CHECK(capture.events[0].flags->need_resched_lazy);
    CHECK(capture.events[0].flags->preempt_lazy_depth == 3);
    CHECK(again(capture) == text);
}

TEST_CASE("durations have at most seven digits") {
    CHECK(duration(0) == "0.000 us    ");
    CHECK(duration(1234) == "1.234 us    ");
    CHECK(duration(123'456'789) == "123456.7 us ");
    CHECK(duration(12'345'678) == "12345.67 us ");
    CHECK(duration(1'234'567'890) == "1234567 us  ");
    CHECK(duration(12'345'678'901) == "12345678 us ");
}

TEST_CASE("marks begin above their thresholds") {
    CHECK(mark_letter(mark_of(Nanos{10'000})) == ' ');
    CHECK(mark_letter(mark_of(Nanos{10'001})) == '+');
    CHECK(mark_letter(mark_of(Nanos{100'001})) == '!');
    CHECK(mark_letter(mark_of(Nanos{1'000'001})) == '#');
    CHECK(mark_letter(mark_of(Nanos{10'000'001})) == '*');
    CHECK(mark_letter(mark_of(Nanos{100'000'001})) == '@');
    CHECK(mark_letter(mark_of(Nanos{1'000'000'001})) == '$');
}

TEST_CASE("a mark says what the digits lost") {
    std::string const text = " 0) * 10000.00 us |  do_wait();\n 0) # 10000.00 us |  do_wait();\n";
    Capture const capture = read_trace(text, "a");
    REQUIRE(capture.events.size() == 2);
    CHECK(capture.events[0].as<GraphLeaf>()->duration == Nanos{10'000'001});
    CHECK(capture.events[1].as<GraphLeaf>()->duration == Nanos{10'000'000});
    CHECK(again(capture) == text);
    Capture const wrong = read_trace(text + " 0) ! 5000.000 us |  do_wait();\n", "a");
    CHECK(wrong.summary.unread == 1);
}

TEST_CASE("names with spaces, dashes and brackets are names") {
    for (std::string const comm : {"Web Content", "kworker/0:1-ev", "(sd-pam)", "a [0] b", "x",
                                   "<...>", "123456789012345"}) {
        std::string const text = std::string(16 - comm.size(), ' ') + comm +
                                 "-1234567 [001] d..2.   357.217388: do_exit <-do_group_exit";
        Capture const capture = line(text);
        INFO(text << to_string(capture.diagnostics));
        REQUIRE(capture.events.size() == 1);
        CHECK(capture.events[0].comm.view() == (comm == "<...>" ? "" : comm));
        CHECK(capture.events[0].pid == Pid{1234567});
        CHECK(again(capture) == text + "\n");
    }
}

TEST_CASE("a comm in a field goes as far as the layout allows") {
    std::string const text = "sched_waking: comm=a pid=1 prio=2 b pid=14 prio=120 target_cpu=003";
    auto const event = read_trace_event(text);
    REQUIRE(event);
    CHECK(event->text("comm") == "a pid=1 prio=2 b");
    CHECK(event->number("pid") == 14);
}

TEST_CASE("fields are printed by their keys") {
    EventLayout const& layout = EventLayout::of(event_layout("sched_process_wait", 6, 1));
    std::vector<Field> const fields{{Name("prio"), std::int64_t{120}}, {Name("comm"), Name("sh")}};
    std::string out;
    layout.print(out, fields);
    CHECK(out == "sched_process_wait: comm=sh pid=? prio=120");
}

TEST_CASE("layouts follow the kernel's version") {
    CHECK(event_layout("sched_process_exit", 7, 2).view().find("group_dead") !=
          std::string_view::npos);
    CHECK(event_layout("sched_process_exit", 6, 12).view().find("group_dead") ==
          std::string_view::npos);
    CHECK(event_layout("sched_stat_runtime", 6, 1).view().find("vruntime") !=
          std::string_view::npos);
    CHECK(event_layout("sched_prepare_exec", 6, 1).empty());
    CHECK(event_layout("no_such_event", 6, 1).empty());
}

TEST_CASE("system call events read by the layout that they are written with") {
    std::vector<SyscallArgument> const execve{
        {"filename", SyscallArgument::Memory::text}, {"argv"}, {"envp"}};
    auto const old =
        read_trace_event("sys_execve(filename: aaab03c10b50, argv: aaab03c18ac0, envp: 0)");
    CHECK(old->layout == syscall_enter_layout("execve", execve, dialect_of(6, 1)));
    auto const newer = read_trace_event(
        "sys_execve(filename: 0xaaaaea349870 \"/progs/fork_wait\", argv: 0xaaaa, envp: 7)");
    CHECK(newer->layout == syscall_enter_layout("execve", execve, dialect_of(7, 2)));
    CHECK(newer->text("filename_memory") == "/progs/fork_wait");
    auto const exit = read_trace_event("sys_wait4 -> 0x864");
    CHECK(exit->name == Name("sys_exit_wait4"));
    CHECK(exit->layout == syscall_exit_layout("wait4"));
    CHECK(exit->number("ret") == 0x864);
}

TEST_CASE("events that nobody knows are read by their own shape, and print the same") {
    for (std::string const text :
         {"irq_handler_entry: irq=11 name=arch_timer",
          "kmalloc: (copy_process+0x1f/0x20) call_site=x ptr=0xff",
          "tracing_mark_write: B|952|H:CheckMsg, mask: 8, data: [PID 1]",
          "foo: a=007 b=-0 c=0x0F d=+1", "bar: ",
          "r_probe: (vfs_read+0xab/0x1a0 <- full_proxy_read) arg1=0x1 {x={y}", "baz: a== b=,c=1",
          "sys_openat(dfd: 18446744073709551516 \"a, b: c\", flags: O_RDONLY|O_CLOEXEC)",
          "sys_write(fd: 1, buf: 0xaaaa (68:69, ...) \"hi\"..., count: 0x200)",
          "sys_exit_group(error_code: 7)"}) {
        auto const event = read_trace_event(text);
        INFO(text);
        REQUIRE(event);
        std::string printed;
        EventLayout::of(event->layout).print(printed, event->fields);
        CHECK(printed == text);
    }
    auto const irq = read_trace_event("irq_handler_entry: irq=11 name=arch_timer");
    CHECK(irq->number("irq") == 11);
    CHECK(irq->text("name") == "arch_timer");
    auto const write =
        read_trace_event("sys_write(fd: 1, buf: 0xaaaa (68:69) \"hi\", count: 0x200)");
    CHECK(write->name == Name("sys_enter_write"));
    CHECK(write->number("count") == 0x200);
    CHECK(write->number("buf") == 0xaaaa);
}

TEST_CASE("the header of a kernel before 5.15 has four flag columns") {
    TraceFormat format;
    format.tracer = Name("function");
    format.dialect = dialect_of(5, 10);
    format.entries_in_buffer = format.entries_written = 3;
    format.cpus = 8;
    CHECK(write_header(format) ==
          "# tracer: function\n#\n# entries-in-buffer/entries-written: 3/3   #P:8\n#\n"
          "#                                _-----=> irqs-off\n"
          "#                               / _----=> need-resched\n"
          "#                              | / _---=> hardirq/softirq\n"
          "#                              || / _--=> preempt-depth\n"
          "#                              ||| /     delay\n"
          "#           TASK-PID     CPU#  ||||   TIMESTAMP  FUNCTION\n"
          "#              | |         |   ||||      |         |\n");
    std::string const text =
        write_header(format) +
        "         rtcwake-748     [000] ...1   536.700777: a_suspend <-b_suspend\n";
    Capture const capture = read_trace(text, "a");
    CHECK(to_string(capture.diagnostics) == "");
    CHECK(capture.format == format);
    CHECK(capture.events.at(0).flags->preempt_depth == 1);
    CHECK(again(capture) == text);
}

TEST_CASE("every header that can be written is read as what it was") {
    for (int bits = 0; bits < 256; ++bits) {
        TraceFormat format;
        bool const graph = (bits & 1) != 0;
        format.tracer = Name(graph ? "function_graph" : "function");
        format.latency_format = (bits & 2) != 0;
        if (format.latency_format) {
            format.latency =
                LatencyHeader{"6.1.0", 5, 10, 20, 3, "preempt", 4, "a-b", 12, 0, -5, 1, 50, {}, {}};
        } else if (!graph) {
            format.entries_in_buffer = 7;
            format.cpus = 2;
            format.record_tgid = (bits & 4) != 0;
            format.irq_info = (bits & 8) != 0;
        }
        if (graph) {
            format.graph.abstime = (bits & 16) != 0;
            format.graph.proc = (bits & 32) != 0;
            format.graph.cpu = (bits & 64) != 0;
            format.graph.duration = (bits & 128) != 0;
        }
        INFO(write_header(format));
        Event event;
        event.payload = FunctionEntry{};
        if (graph) {
            event.payload = GraphEntry{{Name("a"), {}}, std::nullopt, {}};
        } else {
            std::get<FunctionEntry>(event.payload).ip.symbol = Name("a");
        }
        event.comm = Name("sh");
        Capture const capture = read_trace(write_trace(format, {event}), "a");
        CHECK(to_string(capture.diagnostics) == "");
        CHECK(capture.format == format);
    }
}

TEST_CASE("other programs' notes before the header are kept") {
    std::string const text = "# kflow: model 1\n# seed 7\n# tracer: nop\n#\n"
                             "# entries-in-buffer/entries-written: 1/1   #P:4\n#\n"
                             "#           TASK-PID     CPU#     TIMESTAMP  FUNCTION\n"
                             "#              | |         |         |         |\n"
                             "            bash-116     [003]    400.228554: sys_write -> 0x2\n";
    Capture const capture = read_trace(text, "a");
    CHECK(capture.format.notes == std::vector<std::string>{"kflow: model 1", "seed 7"});
    CHECK(again(capture) == text);
}

TEST_CASE("places print as much as the options show") {
    for (std::string const record :
         {"copy_process+0x4/0x182c <-kernel_clone+0xa0/0x4b0",
          "0xffff800008090358 <-[FTRACE TRAMPOLINE]",
          "nf_hook+0x4/0x10 [nf_tables] <-ip_rcv+0x8/0x20",
          "copy_process <ffff800008090358> <-x <ffff800008091d90>",
          "copy_process+0x4/0x182c <ffff800008090358> <-x+0x0/0x8 <ffff800008091d90>",
          "f(a=0x1, t=3 [PIDTYPE_SID], u=?0x7, s=(STRUCT)[0x1:0x2], b=-1, ...) <-g", "f() <-g",
          "do_nothing <-do_it (repeats: 5, last_ts:   357.217388)"}) {
        std::string const text =
            "            bash-116     [001] d.h..   357.217388: " + record + "\n";
        Capture const capture = read_trace(text, "a");
        INFO(record << to_string(capture.diagnostics));
        CHECK(capture.summary.unread == 0);
        CHECK(again(capture) == text);
    }
    for (std::string const record :
         {"a [FTRACE TRAMPOLINE]", "a <-0", "a <-b c", "a(b) <-c", "a+0x4 <-b"}) {
        std::string const good = "            bash-116     [001] d.h..   357.217388: a <-b\n";
        std::string const text =
            good + "            bash-116     [001] d.h..   357.217388: " + record + "\n";
        INFO(record);
        CHECK(read_trace(text, "a").summary.unread == 1);
    }
}

TEST_CASE("return values follow the kernel that prints them") {
    std::string const old =
        " 0)   1.000 us    |  a(); /* = 0x0 */\n 0)   1.000 us    |  } /* b = -11 */\n";
    std::string const named = " 0)               |  c() { /* <-d+0x8/0x20 */\n"
                              " 0)   1.000 us    |    a(); /* <-c+0x4/0x10 ret=0x5 */\n"
                              " 0)   1.000 us    |  } /* b ret=-11 */\n";
    for (std::string const& text : {old, named}) {
        Capture const capture = read_trace(text, "a");
        INFO(text << to_string(capture.diagnostics));
        CHECK(capture.summary.unread == 0);
        CHECK(capture.format.graph.retval);
        CHECK(capture.events.back().as<GraphExit>()->retval == static_cast<std::uint64_t>(-11));
        CHECK(again(capture) == text);
    }
}

TEST_CASE("wide machines have wide cpu columns") {
    std::string const text = "  3) + 11.000 us   |  a();\n 12)   1.000 us    |  b();\n"
                             " 12)   1.000 us    |  c [nf_tables]();\n";
    Capture const capture = read_trace(text, "a");
    CHECK(capture.format.graph.cpu_width == 2);
    CHECK(capture.summary.unread == 0);
    CHECK(again(capture) == text);
}

TEST_CASE("a user stack has files and addresses") {
    std::string const text =
        "            bash-116     [001] d....   357.217388: <user stack trace>\n"
        " => /usr/bin/my prog[+0x1f2]\n => /lib/libc.so[+0x10] <0000ffff88b000f0>\n"
        " =>  <0000ffff88b000f0>\n";
    Capture const capture = read_trace(text, "a");
    INFO(to_string(capture.diagnostics));
    REQUIRE(capture.events.size() == 1);
    CHECK(capture.events[0].as<StackTrace>()->frames.size() == 3);
    CHECK(again(capture) == text);
}
