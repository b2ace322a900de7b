// What a run's tracer keeps, and in which order it is read.
#include "sim/engine/record_buffer.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace kflow;
using engine::RecordBuffer;
using trace::Event;

namespace {

Event at(std::int64_t time, std::int32_t cpu, std::int32_t pid = 7) {
    Event event;
    event.time = Nanos{time};
    event.cpu = Cpu{cpu};
    event.pid = Pid{pid};
    return event;
}

/// `time cpu what`, one a line.
std::string shown(RecordBuffer const& buffer) {
    std::string text;
    buffer.for_each([&text](Event const& event) {
        text += std::to_string(event.time->count) + " " + std::to_string(event.cpu->value) + " ";
        if (auto const* entry = event.as<trace::GraphEntry>()) {
            text += std::string(entry->function.name.view()) + " {";
        } else if (auto const* leaf = event.as<trace::GraphLeaf>()) {
            text += std::string(leaf->function.name.view()) + ";" +
                    std::to_string(leaf->duration->count);
        } else if (auto const* exit = event.as<trace::GraphExit>()) {
            text += "}" + std::to_string(exit->duration->count);
        } else {
            text += "other";
        }
        text += "\n";
    });
    return text;
}

} // namespace

TEST_CASE("a return right behind its entry on a CPU makes a leaf, whatever other CPUs record") {
    RecordBuffer buffer;
    buffer.enter(at(10, 0), {trace::Name("f"), {}});
    buffer.enter(at(11, 0), {trace::Name("g"), {}});
    buffer.enter(at(12, 1), {trace::Name("h"), {}});
    buffer.leave(at(13, 0), {trace::Name("g"), {}}, Nanos{2});
    buffer.leave(at(14, 0), {trace::Name("f"), {}}, Nanos{4});
    CHECK(buffer.size() == 5);
    CHECK(shown(buffer) == "10 0 f {\n11 0 g;2\n12 1 h {\n14 0 }4\n");
}

TEST_CASE("an event between, another task or another function makes no leaf") {
    RecordBuffer buffer;
    buffer.enter(at(1, 0), {trace::Name("f"), {}});
    buffer.add(at(2, 0));
    buffer.leave(at(3, 0), {trace::Name("f"), {}}, Nanos{2});
    buffer.enter(at(4, 0), {trace::Name("f"), {}});
    buffer.leave(at(5, 0, 8), {trace::Name("f"), {}}, Nanos{9});
    buffer.enter(at(6, 0), {trace::Name("f"), {}});
    buffer.leave(at(7, 0), {trace::Name("g"), {}}, Nanos{9});
    CHECK(shown(buffer) == "1 0 f {\n2 0 other\n3 0 }2\n4 0 f {\n5 0 }9\n6 0 f {\n7 0 }9\n");
}

TEST_CASE(
    "the oldest is read first, of two the lower CPU's, and none is older than what was before") {
    RecordBuffer buffer;
    buffer.add(at(5, 1));
    buffer.add(at(5, 0));
    buffer.add(at(9, 0));
    buffer.add(at(8, 0)); // It is read as late as what its CPU recorded before.
    buffer.add(at(8, 1));
    CHECK(shown(buffer) == "5 0 other\n5 1 other\n8 1 other\n9 0 other\n9 0 other\n");
}

TEST_CASE("what is recorded ahead has the number that its task has by then") {
    RecordBuffer buffer;
    buffer.enter(at(1, 0), {trace::Name("f"), {}});
    buffer.enter(at(2, 0), {trace::Name("g"), {}});
    buffer.leave(at(6, 0), {trace::Name("g"), {}}, Nanos{4});
    buffer.enter(at(7, 0), {trace::Name("h"), {}});
    buffer.leave(at(8, 0), {trace::Name("h"), {}}, Nanos{1});
    buffer.enter(at(9, 0, 3), {trace::Name("k"), {}});
    buffer.renumber(Cpu{0}, Pid{7}, Pid{8}, Nanos{5});
    CHECK(shown(buffer) == "1 0 f {\n2 0 g {\n6 0 }4\n7 0 h;1\n9 0 k {\n");
    std::string numbers;
    buffer.for_each([&](Event const& event) { numbers += std::to_string(event.pid->value); });
    CHECK(numbers == "77883");
}
