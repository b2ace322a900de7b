// Damaged input: never a crash, never read as something else.
#include "excerpts.hpp"
#include "sim/trace/capture.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace kflow;
using namespace kflow::trace;
using namespace kflow::trace::test;

namespace {

/// What printing gives is a part of the text: nothing was made up. Lines of a header that is cut
/// are not printed.
bool holds(std::string const& text, std::string const& printed) {
    return printed.empty() || text.find(printed) != std::string::npos;
}

std::string without_header(Capture const& capture) {
    TraceFormat format = capture.format;
    format.header = false;
    format.notes.clear();
    return write_trace(format, capture.events);
}

} // namespace

TEST_CASE("a text that ends anywhere is read up to there") {
    for (Excerpt const& excerpt : excerpts()) {
        for (std::size_t end = 0; end < excerpt.text.size(); ++end) {
            INFO(excerpt.name << " cut behind byte " << end);
            std::string const text = excerpt.text.substr(0, end);
            Capture const capture = read_trace(text, "a");
            if (capture.summary.unread != 0 || capture.events.empty() == capture.readable() ||
                !holds(text, without_header(capture))) {
                FAIL(to_string(capture.diagnostics));
            }
            bool const inside = end > 0 && text.back() != '\n';
            if (inside) {
                CHECK(capture.summary.last_line_cut);
            }
        }
    }
}

TEST_CASE("every kind of capture of every build, cut at every byte, is read up to there") {
    auto const kinds = captured_kinds();
    REQUIRE(kinds.size() >= 90);
    for (Excerpt const& kind : kinds) {
        REQUIRE(read_trace(kind.text, kind.name).readable());
        for (std::size_t end = 0; end < kind.text.size(); ++end) {
            Capture const capture = read_trace(kind.text.substr(0, end), "a");
            bool const inside = end > 0 && kind.text[end - 1] != '\n';
            if (capture.summary.unread != 0 || capture.events.empty() == capture.readable() ||
                (inside && !capture.summary.last_line_cut)) {
                FAIL(kind.name << " cut behind byte " << end << "\n"
                               << to_string(capture.diagnostics));
            }
        }
    }
}

TEST_CASE("a text that begins anywhere is read from there") {
    for (Excerpt const& excerpt : excerpts()) {
        for (std::size_t begin = 1; begin < excerpt.text.size(); ++begin) {
            INFO(excerpt.name << " begins at byte " << begin);
            std::string const text = excerpt.text.substr(begin);
            Capture const capture = read_trace(text, "a");
            if (capture.summary.unread != 0 || capture.events.empty() == capture.readable() ||
                !holds(text, without_header(capture))) {
                FAIL(to_string(capture.diagnostics) << "\n" << without_header(capture));
            }
        }
    }
}

TEST_CASE("a byte that is another one is seen or is part of what is printed") {
    for (Excerpt const& excerpt : excerpts()) {
        auto const header = excerpt.text.find("#\n") == std::string::npos ? 0 : 200;
        for (std::size_t at = static_cast<std::size_t>(header); at < excerpt.text.size(); ++at) {
            for (char const other : {' ', '7', '|', '\0'}) {
                std::string text = excerpt.text;
                if (text[at] == other || text[at] == '\n') {
                    continue;
                }
                text[at] = other;
                Capture const capture = read_trace(text, "a");
                bool const complete = capture.summary.unread == 0 &&
                                      !capture.summary.first_line_cut &&
                                      !capture.summary.last_line_cut;
                if (complete && write_trace(capture.format, capture.events) != text) {
                    INFO(excerpt.name << " byte " << at << " is '" << other << "'");
                    CHECK(write_trace(capture.format, capture.events) == text);
                }
            }
        }
    }
}

TEST_CASE("a line that fits no grammar is named with its place and what was expected") {
    std::string text = excerpt("opt-function-6.1.trace");
    std::size_t const at = text.find("[001] .....   357.219415");
    REQUIRE(at != std::string::npos);
    text.replace(at, 5, "[0x1]");
    Capture const capture = read_trace(text, "file.trace");
    CHECK_FALSE(capture.readable());
    REQUIRE(capture.diagnostics.size() == 1);
    Diagnostic const& said = capture.diagnostics[0];
    CHECK(said.place.file == "file.trace");
    CHECK(said.place.line == 18);
    CHECK(said.place.column == 27);
    CHECK(said.message.find("a cpu of three digits") != std::string::npos);
    CHECK(capture.events.size() == 9);
    CHECK(capture.summary.unread == 1);
}

TEST_CASE("a text without a single event is no trace") {
    for (std::string const text : {"", "\n", "hello\nworld\n", "# tracer: nop\n#\n",
                                   "\x7f"
                                   "ELF\x01\x02\n"}) {
        Capture const capture = read_trace(text, "a");
        CHECK_FALSE(capture.readable());
        CHECK(capture.events.empty());
    }
}

TEST_CASE("many bad lines are counted, the first of them said") {
    std::string text = excerpt("opt-function-6.1.trace");
    for (int i = 0; i < 500; ++i) {
        text += "no record\n";
    }
    Capture const capture = read_trace(text, "a");
    CHECK(capture.summary.unread == 500);
    CHECK(capture.diagnostics.size() == 100);
}
