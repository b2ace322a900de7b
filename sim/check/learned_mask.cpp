#include "sim/check/learned_mask.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kflow::check {

using build::MaskKind;

namespace {

std::string_view word(MaskKind kind) {
    switch (kind) {
    case MaskKind::inlined:
        return "inline";
    case MaskKind::called:
        return "call";
    case MaskKind::either:
        break;
    }
    return "either";
}

std::string place(Sighting const& sighting) {
    return fmt::format("{}:{}", sighting.file, sighting.line);
}

/// A heading and one line for each call that `shows`, or nothing.
template <typename Shows, typename Line>
std::string list(std::vector<LearnedCall> const& calls, std::string_view heading,
                 Shows const& shows, Line const& line) {
    std::string lines;
    for (auto const& call : calls) {
        if (shows(call)) {
            lines += "  " + line(call) + "\n";
        }
    }
    return lines.empty() ? lines : fmt::format("{}:\n{}", heading, lines);
}

} // namespace

void Sighting::add(std::size_t more, std::string const& in, std::uint32_t at) {
    if (times == 0 && more > 0) {
        file = in;
        line = at;
    }
    times += more;
}

MaskKind LearnedCall::kind() const {
    if (inlined.times > 0 && called.times > 0) {
        return MaskKind::either;
    }
    return inlined.times > 0 ? MaskKind::inlined : MaskKind::called;
}

std::string LearnedCall::name() const {
    return fmt::format("{}:{}>{} in {}", unit, caller, callee, outer);
}

std::string LearnedMask::text(std::string_view build) const {
    auto out = fmt::format("# What captures say of the mask of {}. Made by kflow learn --mask; "
                           "docs/BUILD_FACTS.md says what it means.\n",
                           build);
    for (auto const& call : calls) {
        if (call.is_told()) {
            out += fmt::format("{} {}\tcapture {} inlined {} called\n", word(call.kind()),
                               call.name(), call.inlined.times, call.called.times);
        }
    }
    return out;
}

std::string LearnedMask::report() const {
    auto const count = [&](auto const& is) {
        return std::count_if(calls.begin(), calls.end(),
                             [&](auto const& call) { return call.is_told() && is(call); });
    };
    auto const told_as = [&](MaskKind kind) {
        return count([kind](LearnedCall const& call) { return call.kind() == kind; });
    };
    auto const differs = [](LearnedCall const& call) {
        return call.is_told() && call.kind() != call.known;
    };
    auto out = fmt::format("{} calls of the source are told: {} called, {} inlined, {} both; the "
                           "build's mask says the same of {}\n",
                           count([](auto const&) { return true; }), told_as(MaskKind::called),
                           told_as(MaskKind::inlined), told_as(MaskKind::either),
                           count([&](auto const& call) { return !differs(call); }));
    out += list(calls, "Otherwise than the build's mask says", differs, [](auto const& call) {
        auto const& seen = call.called.times > 0 ? call.called : call.inlined;
        return fmt::format("{} {}: {} in the mask; {}", word(call.kind()), call.name(),
                           word(call.known), place(seen));
    });
    out += list(
        calls, "Called and inlined",
        [](auto const& call) { return call.is_told() && call.kind() == MaskKind::either; },
        [](auto const& call) {
            return fmt::format("{}: called {} times, {}; inlined {} times, {}", call.name(),
                               call.called.times, place(call.called), call.inlined.times,
                               place(call.inlined));
        });
    out += list(
        calls, "Made, but either way fits", [](auto const& call) { return !call.is_told(); },
        [](auto const& call) {
            return fmt::format("{}: {} times, {}", call.name(), call.passed.times,
                               place(call.passed));
        });
    if (!unexplained.empty()) {
        out += "Differences that no mask explains:\n";
    }
    for (auto const& sentence : unexplained) {
        out += "  " + sentence + "\n";
    }
    return out;
}

} // namespace kflow::check
