// What a function's code allows, read off small control flows.
#include "sim/check/child_order.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <string>

using namespace kflow;
using check::ChildOrders;

namespace {

struct Fixture {
    build::ControlFlow flow;
    ChildOrders orders{flow};
    check::NameSet untraced;

    explicit Fixture(std::string const& lines)
        : flow(build::ControlFlow::from_text("%\n" + lines)) {}

    bool accepts(std::string const& children, bool returned = true) {
        std::vector<trace::Name> names;
        std::istringstream words(children);
        for (std::string word; words >> word;) {
            names.emplace_back(word);
        }
        auto const* const order = orders.of(trace::Name("f"));
        REQUIRE(order);
        return order->read(names, untraced).accepts(returned);
    }
};

} // namespace

TEST_CASE("calls come in the order of the code's paths") {
    Fixture f("f\t0\t>4,8 4:a>8 8:b>4,$\n");
    CHECK(f.accepts("a b"));
    CHECK(f.accepts("b a b"));
    CHECK_FALSE(f.accepts("a"));
    CHECK(f.accepts("a", false)); // it has not returned yet
    CHECK_FALSE(f.accepts("b b"));
    CHECK_FALSE(f.accepts(""));
    CHECK_FALSE(f.accepts("a c"));
    CHECK_FALSE(f.orders.of(trace::Name("g")));
}

TEST_CASE("what a hidden callee calls stands in its caller's place") {
    Fixture f("f\t0\t>4 4:~h>8 8:b>$\nh\t80\t>4,$ 4:a>4,$\n");
    CHECK(f.accepts("b"));
    CHECK(f.accepts("a a b"));
    CHECK_FALSE(f.accepts("h b"));
    Fixture unknown("f\t0\t>4 4:~memset>8 8:b>$\n");
    CHECK(unknown.accepts("b"));
    Fixture recursive("f\t0\t>4 4:~h>8 8:b>$\nh\t80\t>4,$ 4:~h>8 8:a>$\n");
    CHECK(recursive.accepts("b"));
    CHECK(recursive.accepts("a b"));
}

TEST_CASE("a pointer may lead to anybody, traced or not") {
    Fixture f("f\t0\t>4 4:*>8 8:b>$\n");
    CHECK(f.accepts("whoever b"));
    CHECK(f.accepts("b"));
    CHECK(f.accepts("one two b"));
    CHECK_FALSE(f.accepts("whoever"));
}

TEST_CASE("functions of one name are told apart by nobody") {
    Fixture f("f\t0\t>4 4:a>$\nf\t80\t>4 4:b>$\n");
    CHECK(f.accepts("a"));
    CHECK(f.accepts("b"));
    CHECK_FALSE(f.accepts("a b"));
}

TEST_CASE("a function that the tracer passed over shows what it calls, or nothing") {
    Fixture f("f\t0\t>4 4:lock>8 8:b>$\n");
    CHECK_FALSE(f.accepts("b"));
    CHECK_FALSE(f.accepts("slowpath b"));
    f.untraced.emplace(trace::Name("lock"));
    CHECK(f.accepts("b"));
    CHECK(f.accepts("slowpath b"));
    CHECK_FALSE(f.accepts("slowpath"));
}

TEST_CASE("what a call lacks is named once, at however many places it could have come") {
    Fixture f("f\t0\t>4,8 4:a>$ 8:a>c 12:b>$\n");
    auto const* const order = f.orders.of(trace::Name("f"));
    REQUIRE(order);
    auto const reading = order->read({}, f.untraced);
    CHECK(reading.lacking == std::vector{trace::Name("a")});
}
