#include "sim/trace/overhead_mark.hpp"

#include <array>

namespace kflow::trace {

namespace {

struct Mark {
    DelayMark mark;
    char letter;
    std::int64_t over_ns;
};

constexpr std::array kMarks{
    Mark{DelayMark::over_1s, '$', 1'000'000'000}, Mark{DelayMark::over_100ms, '@', 100'000'000},
    Mark{DelayMark::over_10ms, '*', 10'000'000},  Mark{DelayMark::over_1ms, '#', 1'000'000},
    Mark{DelayMark::over_100us, '!', 100'000},    Mark{DelayMark::over_10us, '+', 10'000},
};

} // namespace

DelayMark mark_of(Nanos duration) {
    auto const unsigned_count = static_cast<std::uint64_t>(duration.count);
    for (Mark const& mark : kMarks) {
        if (unsigned_count > static_cast<std::uint64_t>(mark.over_ns)) {
            return mark.mark;
        }
    }
    return DelayMark::none;
}

char mark_letter(DelayMark mark) {
    for (Mark const& known : kMarks) {
        if (known.mark == mark) {
            return known.letter;
        }
    }
    return ' ';
}

std::optional<DelayMark> mark_from_letter(char letter) {
    for (Mark const& known : kMarks) {
        if (known.letter == letter) {
            return known.mark;
        }
    }
    return letter == ' ' ? std::optional(DelayMark::none) : std::nullopt;
}

Nanos mark_threshold(DelayMark mark) {
    for (Mark const& known : kMarks) {
        if (known.mark == mark) {
            return {known.over_ns};
        }
    }
    return {0};
}

DelayMark delay_mark(Event const& event, Event const* next) {
    if (event.delay != DelayMark::derived) {
        return event.delay;
    }
    if (!event.time || !next || !next->time) {
        return DelayMark::none;
    }
    std::int64_t const delay = next->time->count - event.time->count;
    return mark_of({(delay + 500) / 1000 * 1000});
}

} // namespace kflow::trace
