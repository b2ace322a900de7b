// A trace that comes in pieces is the same as when it is read at once.
#include "excerpts.hpp"
#include "sim/trace/read/trace_reader.hpp"

#include <catch2/catch.hpp>

using namespace kflow;
using namespace kflow::trace;
using namespace kflow::trace::test;

namespace {

/// The header, and the lines behind it often enough for many pieces.
std::string long_text(std::string const& text) {
    std::string header;
    std::string body;
    for (auto const& line : lines_of(text)) {
        (body.empty() && line.starts_with('#') && !line.starts_with("#####") ? header : body) +=
            line;
    }
    std::string all = header;
    while (all.size() < 40'000) {
        all += body;
    }
    return all;
}

Capture read_in_pieces(std::string const& text, std::size_t piece) {
    TraceReader reader("a");
    std::string pending;
    std::vector<Event> events;
    for (std::size_t at = 0; at < text.size() || at == 0; at += piece) {
        pending += text.substr(at, piece);
        auto const used = reader.read(pending, at + piece >= text.size());
        pending.erase(0, used);
        reader.take_events(events);
    }
    Capture capture = reader.capture();
    capture.events = std::move(events);
    return capture;
}

} // namespace

TEST_CASE("a trace is the same whatever pieces it comes in") {
    for (Excerpt const& excerpt : excerpts()) {
        INFO(excerpt.name);
        auto const text = long_text(excerpt.text);
        auto const whole = read_in_pieces(text, text.size());
        CHECK(whole.events.size() > 200);
        for (std::size_t const piece : {997u, 20'011u}) {
            auto const capture = read_in_pieces(text, piece);
            CHECK(capture.summary == whole.summary);
            CHECK(capture.format == whole.format);
            CHECK(to_string(capture.diagnostics) == to_string(whole.diagnostics));
            // Tasks that only separators name are so from the first of them on.
            CHECK(capture.events.size() == whole.events.size());
            CHECK((capture.events == whole.events ||
                   (whole.format.is_graph() && !whole.format.graph.proc)));
        }
    }
}

TEST_CASE("a trace that is cut anywhere is the same in pieces") {
    auto const text = long_text(excerpt("stack-exit-7.2.trace"));
    for (std::size_t end = text.size() - 300; end < text.size(); end += 7) {
        auto const cut = text.substr(0, end);
        CHECK(read_in_pieces(cut, 4'099) == read_in_pieces(cut, cut.size()));
    }
}
