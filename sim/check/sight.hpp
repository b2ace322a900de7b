#pragma once
// An event as the rules of the lifecycle look at it (automata/*.rule).

#include "sim/trace/event.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kflow::check {

/// A field's value as rules compare it: by its text, which for most is that of a number.
class Value {
public:
    Value() = default;
    explicit Value(std::int64_t number) : number_(number) {}
    explicit Value(std::string_view text);
    explicit Value(trace::FieldValue const& value);

    bool is(std::int64_t number) const { return text_.empty() && number_ == number; }
    std::string text() const;
    std::size_t hash() const { return static_cast<std::size_t>(number_) * 31 + text_.number(); }
    bool operator==(Value const&) const = default;

private:
    std::int64_t number_ = 0;
    trace::Name text_; ///< empty: it is the number
};

struct ValueHash {
    std::size_t operator()(Value const& value) const { return value.hash(); }
};

/// A field that a rule names: one of an event's own, or one that every event has.
struct FieldName {
    enum class Kind : std::uint8_t { own, task, cpu, leader_cpu, traced } kind = Kind::own;
    trace::Name name;

    explicit FieldName(std::string_view text);
};

/// What one event looks like to the rules.
struct Sight {
    trace::Event const* event = nullptr;
    trace::TraceEvent const* fields = nullptr;
    bool traced = false;                ///< the task was seen in a stop for its debugger
    std::optional<Cpu> leader_cpu = {}; ///< exchange_tids: where the dead leader still runs

    /// Nothing where it is not known.
    std::optional<Value> field(FieldName const& field) const;
};

} // namespace kflow::check
