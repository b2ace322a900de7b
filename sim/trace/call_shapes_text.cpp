// The text of model/builds/NAME/shapes.zst, read and written.

#include "sim/base/text_file.hpp"
#include "sim/build/sorted_lines.hpp"
#include "sim/trace/call_shapes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kflow::trace {

namespace {

constexpr std::string_view kExecs = "x", kForks = "f";
/// Whether a place's function is the shape's, whole or with a call that it leaves open.
bool is_of(Name shape, Name place) {
    auto const name = place.view();
    return name.substr(0, name.find('@')) == shape.view();
}

constexpr char const* kHint = "make the file again with `kflow learn`";

} // namespace

/// Numbers that depend on what the shapes are, not on who came first; only of those that some place
/// shows.
class CallShapes::Numbering {
public:
    explicit Numbering(CallShapes const& shapes) : shapes_(shapes), numbers_(shapes.size(), kNone) {
        for (std::uint32_t n = 0; n < shapes.captures_.size(); ++n) {
            captures_.push_back(n);
        }
        std::ranges::sort(captures_, {}, [&](auto n) { return shapes.captures_[n]; });
        number_shapes();
    }

    std::vector<Id> const& order() const { return order_; }
    std::vector<std::uint32_t> const& captures() const { return captures_; }
    Id of(Id shape) const { return numbers_[shape]; }
    std::uint32_t of_capture(std::uint32_t capture) const {
        return static_cast<std::uint32_t>(std::ranges::find(captures_, capture) -
                                          captures_.begin());
    }

private:
    static constexpr Id kNone = ~Id{0};

    /// A shape stands behind all that are less high; among those as high as itself by its name and
    /// what it calls.
    void number_shapes() {
        auto const shown = shown_shapes();
        std::vector<std::uint32_t> height(shapes_.size(), 0);
        std::vector<std::vector<Id>> levels;
        for (Id shape = 0; shape < shapes_.size(); ++shape) {
            for (auto const id : shapes_[shape].calls) {
                height[shape] = std::max(height[shape], height[id] + 1);
            }
            if (shown[shape]) {
                levels.resize(std::max<std::size_t>(levels.size(), height[shape] + 1));
                levels[height[shape]].push_back(shape);
            }
        }
        for (auto& level : levels) {
            std::ranges::sort(level, [&](Id a, Id b) {
                auto const& left = shapes_[a];
                auto const& right = shapes_[b];
                return left.symbol != right.symbol
                           ? left.symbol < right.symbol
                           : std::ranges::lexicographical_compare(
                                 left.calls, right.calls, {}, [&](Id id) { return of(id); },
                                 [&](Id id) { return of(id); });
            });
            for (auto const shape : level) {
                numbers_[shape] = static_cast<Id>(order_.size());
                order_.push_back(shape);
            }
        }
    }

    std::vector<bool> shown_shapes() const {
        std::vector<bool> shown(shapes_.size(), false);
        for (auto const& [function, places] : shapes_.seen_) {
            for (auto const& [place, sightings] : places) {
                for (auto const& [by, times] : sightings) {
                    shown[by.second] = true;
                }
            }
        }
        for (auto shape = static_cast<Id>(shapes_.size()); shape-- > 0;) {
            for (auto const id : shapes_[shape].calls) {
                shown[id] = shown[id] || shown[shape];
            }
        }
        return shown;
    }

    CallShapes const& shapes_;
    std::vector<Id> numbers_;
    std::vector<Id> order_;
    std::vector<std::uint32_t> captures_; ///< by name
};

std::string CallShapes::text(std::string_view build) const {
    Numbering const numbers(*this);
    auto text = fmt::format("# What was called below {}'s functions without a body: made by kflow "
                            "learn, explained in docs/LEARN.md.\n",
                            build);
    auto out = std::back_inserter(text);
    for (auto const capture : numbers.captures()) {
        fmt::format_to(out, "capture {}\n", captures_[capture]);
    }
    for (auto const id : numbers.order()) {
        auto const& shape = shapes_[id];
        fmt::format_to(out, "shape {}", shape.symbol.view());
        for (std::size_t n = 0, many = 0; n < shape.calls.size(); n += many) {
            many = 1;
            while (n + many < shape.calls.size() && shape.calls[n + many] == shape.calls[n]) {
                ++many;
            }
            fmt::format_to(out, " {}", numbers.of(shape.calls[n]));
            if (many > 1) {
                fmt::format_to(out, "*{}", many);
            }
        }
        text += '\n';
    }
    for (auto const& [function, places] : seen_) {
        for (auto const& [place, sightings] : places) {
            text += "seen";
            for (auto const name : place.chain) {
                fmt::format_to(out, " {}", name.view());
            }
            fmt::format_to(out, "\t{}\t{}\t", place.nth, place.has_execed ? kExecs : kForks);
            std::map<Shown, std::uint32_t> sorted;
            for (auto const& [by, times] : sightings) {
                sorted[{numbers.of_capture(by.first), numbers.of(by.second)}] = times;
            }
            for (auto const& [by, times] : sorted) {
                fmt::format_to(out, "{}{}:{}", by == sorted.begin()->first ? "" : " ", by.first,
                               by.second);
                if (times > 1) {
                    fmt::format_to(out, "*{}", times);
                }
            }
            text += '\n';
        }
    }
    for (auto const& [function, times] : times_) {
        fmt::format_to(out, "time {}", function.view());
        for (std::size_t octave = 0; octave < kOctaves; ++octave) {
            if (times[octave] != 0) {
                fmt::format_to(out, " {}:{}", octave, times[octave]);
            }
        }
        text += '\n';
    }
    return text;
}

/// One line after the other; each returns what it expected, or nothing if it was that.
class CallShapes::Reader {
public:
    explicit Reader(CallShapes& into) : shapes_(into) {}

    std::string_view read(std::string_view line) {
        auto const word = build::take_field(line, ' ');
        if (word == "capture" && !line.empty()) {
            shapes_.add_capture(std::string(line));
            return {};
        }
        if (word == "shape") {
            return read_shape(line);
        }
        if (word == "seen") {
            return read_place(line);
        }
        return word == "time" ? read_times(line) : "`capture`, `shape`, `seen` or `time`";
    }

private:
    std::string_view read_shape(std::string_view line) {
        constexpr std::string_view expected = "`shape FUNCTION NUMBER*TIMES …`, of shapes above";
        Name const symbol(build::take_field(line, ' '));
        std::vector<Id> calls;
        while (!line.empty()) {
            auto const word = build::take_field(line, ' ');
            auto const once = whole_number<std::uint32_t>(word);
            auto const often = number_pair<std::uint32_t>(word, '*');
            auto const [id, times] =
                once ? std::pair(*once, 1U) : often.value_or(std::pair(0U, 0U));
            if (times == 0 || times > kMostTimes || id >= shapes_.size()) {
                return expected;
            }
            calls.insert(calls.end(), times, id);
        }
        auto const before = shapes_.size();
        return !symbol.empty() && shapes_.add(symbol, std::move(calls)) == before ? "" : expected;
    }

    std::string_view read_place(std::string_view line) {
        Place place;
        auto chain = build::take_field(line);
        while (!chain.empty()) {
            place.chain.emplace_back(build::take_field(chain, ' '));
        }
        auto const nth = whole_number<std::uint32_t>(build::take_field(line));
        auto const kind = build::take_field(line);
        bool good = nth && (kind == kExecs || kind == kForks) && !line.empty() &&
                    !place.chain.empty() && place.chain.size() <= 1 + kCallers;
        place.nth = nth.value_or(0);
        place.has_execed = kind == kExecs;
        while (good && !line.empty()) {
            auto word = build::take_field(line, ' ');
            auto const seen = number_pair<std::uint32_t>(build::take_field(word, '*'), ':');
            auto const times = word.empty() ? 1U : whole_number<std::uint32_t>(word).value_or(0);
            good = seen && times > 0 && seen->first < shapes_.captures_.size() &&
                   seen->second < shapes_.size() &&
                   is_of(shapes_[seen->second].symbol, place.chain.front());
            if (good) {
                shapes_.see(place, {seen->first, seen->second, times});
            }
        }
        return good ? ""
                    : "`seen FUNCTION CALLER …`, how often before, `x` or `f`, and "
                      "CAPTURE:SHAPE*TIMES …";
    }

    std::string_view read_times(std::string_view line) {
        auto& times = shapes_.times_[Name(build::take_field(line, ' '))];
        bool good = !line.empty();
        while (good && !line.empty()) {
            auto const seen = number_pair<std::uint32_t>(build::take_field(line, ' '), ':');
            good = seen && seen->first < kOctaves && seen->second > 0;
            if (good) {
                times[seen->first] = seen->second;
            }
        }
        return good ? "" : "`time FUNCTION OCTAVE:TIMES …`";
    }

    static constexpr std::uint32_t kMostTimes = 1U << 20;
    CallShapes& shapes_;
};

std::variant<CallShapes, Diagnostic> CallShapes::from_text(std::string_view text,
                                                           std::string const& file) {
    CallShapes shapes;
    Reader reader(shapes);
    for (int line = 1; !text.empty(); ++line) {
        auto const content = build::take_field(text, '\n');
        auto const expected =
            content.empty() || content.starts_with('#') ? "" : reader.read(content);
        if (!expected.empty()) {
            return not_as_expected(file, line, content, std::string(expected), kHint);
        }
    }
    return shapes;
}

std::variant<std::optional<CallShapes>, Diagnostic> CallShapes::load(std::string const& model_dir,
                                                                     std::string_view build) {
    return read_if_there<CallShapes>(fmt::format("{}/builds/{}/shapes.zst", model_dir, build));
}

} // namespace kflow::trace
