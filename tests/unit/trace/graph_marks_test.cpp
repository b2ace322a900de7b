// What function_graph derives while it prints: held against what the kernel printed.
#include "excerpts.hpp"
#include "sim/trace/capture.hpp"
#include "sim/trace/graph_marks.hpp"

#include <catch2/catch.hpp>

using namespace kflow;
using namespace kflow::trace;
using namespace kflow::trace::test;

namespace {

/// As a tracer would have recorded them: nothing that follows from the others.
std::vector<Event> recorded(Capture const& capture) {
    std::vector<Event> events = without_graph_marks(capture.events);
    for (Event& event : events) {
        if (auto* exit = std::get_if<GraphExit>(&event.payload)) {
            exit->unmatched = false;
        } else if (event.as<TraceEvent>()) {
            event.depth = 0;
        }
    }
    return events;
}

Event call(std::int32_t pid, std::int32_t cpu, std::int32_t depth, Payload payload) {
    Event event;
    event.pid = Pid{pid};
    event.comm = Name("task" + std::to_string(pid));
    event.cpu = Cpu{cpu};
    event.depth = depth;
    event.payload = std::move(payload);
    return event;
}

GraphEntry entry(char const* name) {
    return {{Name(name), {}}, std::nullopt, {}};
}

GraphExit returned(char const* name, std::int64_t nanos) {
    GraphExit exit;
    exit.function.name = Name(name);
    exit.duration = Nanos{nanos};
    return exit;
}

} // namespace

TEST_CASE(
    "separators, arrows, comments' depth and names of unmatched returns follow from the records") {
    for (char const* name : {"graph-switch-6.1.trace", "graph-interrupt-6.12.trace",
                             "graph-lost-6.1.trace", "graph-preempted-7.2.trace"}) {
        INFO(name);
        Capture const capture = read_trace(excerpt(name), "a");
        std::vector<Event> const again = insert_graph_marks(recorded(capture));
        bool const starts_inside =
            capture.events[0].depth > 0; // the depth before the first line is unknown
        if (!starts_inside || std::string(name).find("lost") != std::string::npos) {
            CHECK(write_trace(capture.format, again) == excerpt(name));
        }
    }
}

TEST_CASE("a cpu that goes on with another task gets a separator, an unknown entry a name") {
    std::vector<Event> const events{call(1, 0, 0, entry("a")), call(2, 0, 1, returned("y", 1000)),
                                    call(1, 0, 0, returned("a", 1000))};
    TraceFormat format;
    format.tracer = Name("function_graph");
    format.header = false;
    CHECK(write_trace(format, insert_graph_marks(events)) ==
          " 0)               |  a() {\n"
          " ------------------------------------------\n"
          " 0)    task1-1     =>    task2-2    \n"
          " ------------------------------------------\n"
          "\n"
          " 0)   1.000 us    |    } /* y */\n"
          " ------------------------------------------\n"
          " 0)    task2-2     =>    task1-1    \n"
          " ------------------------------------------\n"
          "\n"
          " 0)   1.000 us    |  }\n");
}

TEST_CASE("arrows stand around interrupt entries, of a leaf on both sides") {
    GraphLeaf leaf;
    leaf.function.name = Name("gic_handle_irq");
    leaf.duration = Nanos{1000};
    std::vector<Event> const events{call(1, 0, 0, leaf)};
    TraceFormat format;
    format.tracer = Name("function_graph");
    format.header = false;
    CHECK(write_trace(format, insert_graph_marks(events)) ==
          " 0)   ==========> |\n"
          " 0)   1.000 us    |  gic_handle_irq();\n"
          " 0)   <========== |\n");
}
