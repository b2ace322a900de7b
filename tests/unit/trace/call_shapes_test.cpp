// Shapes of whole calls: kept once, told apart by place, the same text whatever the order.
#include "sim/trace/call_shapes.hpp"

#include <catch2/catch.hpp>

using namespace kflow;
using namespace kflow::trace;

namespace {

CallShapes::Place place(std::vector<std::string> const& chain, std::uint32_t nth, bool has_execed) {
    CallShapes::Place made;
    for (auto const& name : chain) {
        made.chain.emplace_back(name);
    }
    made.nth = nth;
    made.has_execed = has_execed;
    return made;
}

/// `f`, which calls `g` so often.
CallShapes::Id shape_of(CallShapes& shapes, std::size_t calls) {
    auto const g = shapes.add(Name("g"), {});
    return shapes.add(Name("f"), std::vector(calls, g));
}

std::size_t calls_of(CallShapes const& shapes, CallShapes::Place const& at) {
    auto const seen = shapes.most_alike(at);
    REQUIRE(seen.size() == 1);
    return shapes[seen.front().shape].calls.size();
}

CallShapes read(std::string const& text) {
    auto made = CallShapes::from_text(text, "shapes");
    REQUIRE(std::holds_alternative<CallShapes>(made));
    return std::get<CallShapes>(std::move(made));
}

} // namespace

TEST_CASE("equal shapes are one, and count what is below them") {
    CallShapes shapes;
    auto const unlink = shapes.add(Name("unlink_anon_vmas"), {});
    auto const outer = shapes.add(Name("free_pgtables"), {unlink, unlink});
    CHECK(shapes.add(Name("free_pgtables"), {unlink, unlink}) == outer);
    CHECK(shapes.size() == 2);
    CHECK(shapes[outer].unmapped == 2);
    CHECK(shapes[shapes.add(Name("fput"), {shapes.add(Name("task_work_add"), {})})].works == 1);
}

TEST_CASE("the places that are most alike tell") {
    CallShapes shapes;
    auto const capture = shapes.add_capture("one");
    shapes.see(place({"f", "a", "b"}, 0, true), {capture, shape_of(shapes, 1)});
    shapes.see(place({"f", "a", "b"}, 1, true), {capture, shape_of(shapes, 2)});
    shapes.see(place({"f", "a", "b"}, 0, false), {capture, shape_of(shapes, 3)});
    shapes.see(place({"f", "c"}, 0, true), {capture, shape_of(shapes, 4)});
    CHECK(calls_of(shapes, place({"f", "a", "b"}, 0, true)) == 1);
    CHECK(calls_of(shapes, place({"f", "a", "b"}, 1, true)) == 2);
    CHECK(calls_of(shapes, place({"f", "a", "b"}, 7, false)) == 3);
    CHECK(calls_of(shapes, place({"f", "c", "d"}, 0, true)) == 4);
    CHECK(shapes.most_alike(place({"f", "e"}, 0, true)).size() == 4);
    CHECK(calls_of(shapes, place({"f", "a"}, 0, false)) == 3);
    CHECK(shapes.most_alike(place({"g"}, 0, true)).empty());
}

TEST_CASE("text does not depend on who came first, and is read back") {
    CallShapes there;
    CallShapes back;
    for (auto* const shapes : {&there, &back}) {
        bool const forward = shapes == &there;
        for (std::string const name : {forward ? "one" : "two", forward ? "two" : "one"}) {
            auto const capture = shapes->add_capture(name);
            shapes->see(place({"f", "a"}, 0, name == "one"),
                        {capture, shape_of(*shapes, name == "one" ? 2 : 5)});
            shapes->spend(Name("f"), Nanos{name == "one" ? 3 : 1000});
        }
    }
    auto const text = there.text("some-build");
    CHECK(back.text("some-build") == text);
    CHECK(read(text).text("some-build") == text);
    CHECK(text.find("shape f 0*5\n") != std::string::npos);
    CHECK(text.find("time f 1:1 9:1\n") != std::string::npos);
}

TEST_CASE("a shape with a call left open is known as the function's with that call in it") {
    CallShapes shapes;
    auto const capture = shapes.add_capture("one");
    auto const open = shapes.add(CallShapes::hole(Name("schedule")), {});
    auto const poll = shapes.add(Name("poll"), {shapes.add(Name("wait"), {open})});
    auto const with = CallShapes::with_hole(Name("poll"), Name("schedule"));
    CHECK(with == Name("poll@schedule"));
    CHECK(shapes.is_hole(open));
    CHECK_FALSE(shapes.is_hole(poll));
    shapes.see({{with, Name("a")}, 0, true}, {capture, poll});
    auto const back = read(shapes.text("some-build"));
    CHECK(back.most_alike({{with}, 0, true}).size() == 1);
    CHECK(back.most_alike(place({"poll", "a"}, 0, true)).empty());
}

TEST_CASE("a function's time is one that it took") {
    auto const shapes = read("time f 4:2 9:1\n");
    Random random(1);
    for (int n = 0; n < 100; ++n) {
        auto const time = shapes.draw_time(Name("f"), random).count;
        CHECK(((time >= 16 && time < 32) || (time >= 512 && time < 1024)));
    }
}

TEST_CASE("the longest of a thousand times is not drawn") {
    auto const shapes = read("time f 4:999 27:1\n");
    Random random(1);
    for (int n = 0; n < 10'000; ++n) {
        CHECK(shapes.draw_time(Name("f"), random).count < 32);
    }
}

TEST_CASE("what is no text of shapes is told with its line") {
    for (std::string const wrong :
         {"shape f 0\n", "shape g\nshape f 0*0\n", "shape g\nshape g\n", "shape\n", "see f\n",
          "seen f\t0\tx\t0:0\n", "capture c\nshape g\nseen f\t0\tx\t0:0\n",
          "capture c\nshape g\nseen g\t0\ty\t0:0\n", "time f\n", "time f 40:1\n"}) {
        INFO(wrong);
        auto const made = CallShapes::from_text(wrong, "shapes");
        REQUIRE(std::holds_alternative<Diagnostic>(made));
        auto const& told = std::get<Diagnostic>(made);
        CHECK(told.place.file == "shapes");
        CHECK(told.message.starts_with("expected "));
    }
}
