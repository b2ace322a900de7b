// Values go from one thread to another in order, and nobody waits for who is gone.
#include "sim/base/handover.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <numeric>
#include <thread>
#include <vector>

using kflow::Handover;

TEST_CASE("what one thread puts another takes, all of it and in order") {
    Handover<int> handover(3);
    std::thread maker([&handover] {
        for (int i = 0; i < 1000; ++i) {
            handover.put(i);
        }
        handover.close();
    });
    std::vector<int> taken;
    for (auto value = handover.take(); value; value = handover.take()) {
        taken.push_back(*value);
    }
    maker.join();
    std::vector<int> expected(1000);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(taken == expected);
}

TEST_CASE("who puts is told when nobody takes any more") {
    Handover<std::unique_ptr<int>> handover(1);
    CHECK(handover.put(std::make_unique<int>(1)));
    bool was_taken = true;
    std::thread maker([&] { was_taken = handover.put(std::make_unique<int>(2)); });
    handover.close();
    maker.join();
    CHECK_FALSE(was_taken);
    CHECK(**handover.take() == 1); // It was put before.
    CHECK_FALSE(handover.take());
}
