#include "sim/cli/progress.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace kflow::cli {

namespace {

using std::chrono::steady_clock;

constexpr std::uint64_t kLooksAtClock = 1024; ///< once in so many operations
constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kEvery = std::chrono::milliseconds(250);
constexpr double kSecond = 1e9;

} // namespace

Progress::Progress()
    : Observer(engine::StepSet::of({engine::StepKind::user}, false)),
      next_(steady_clock::now() + kPatience) {}

bool Progress::is_wanted() {
    return ::isatty(STDERR_FILENO) != 0;
}

void Progress::on_step(engine::Step const& step, kernel::Machine const& machine) {
    if (++seen_ % kLooksAtClock != 0 || steady_clock::now() < next_) {
        return;
    }
    fmt::print(stderr, "\r{:.3f} s of the run, {} steps\x1b[K",
               static_cast<double>(step.time.count) / kSecond, machine.steps);
    std::fflush(stderr);
    next_ = steady_clock::now() + kEvery;
    shown_ = true;
}

void Progress::clear() {
    if (shown_) {
        fmt::print(stderr, "\r\x1b[K");
    }
}

} // namespace kflow::cli
