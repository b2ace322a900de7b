#include "sim/check/sight.hpp"

#include <charconv>
#include <limits>

namespace kflow::check {

Value::Value(std::string_view text) {
    auto const* const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, number_);
    if (read.ec != std::errc() || read.ptr != end || std::to_string(number_) != text) {
        number_ = 0;
        text_ = trace::Name(text);
    }
}

Value::Value(trace::FieldValue const& value) {
    if (auto const* name = std::get_if<trace::Name>(&value)) {
        *this = Value(name->view());
    } else if (auto const* number = std::get_if<std::int64_t>(&value)) {
        number_ = *number;
    } else if (auto const big = std::get<std::uint64_t>(value);
               big <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        number_ = static_cast<std::int64_t>(big);
    } else {
        text_ = trace::Name(std::to_string(big));
    }
}

std::string Value::text() const {
    return text_.empty() ? std::to_string(number_) : std::string(text_.view());
}

FieldName::FieldName(std::string_view text) : name(text) {
    kind = text == "task"         ? Kind::task
           : text == "cpu"        ? Kind::cpu
           : text == "leader_cpu" ? Kind::leader_cpu
           : text == "traced"     ? Kind::traced
                                  : Kind::own;
}

std::optional<Value> Sight::field(FieldName const& field) const {
    static Value const yes(std::string_view("yes"));
    static Value const no(std::string_view("no"));
    switch (field.kind) {
    case FieldName::Kind::task:
        return event->pid ? std::optional(Value(event->pid->value)) : std::nullopt;
    case FieldName::Kind::cpu:
        return event->cpu ? std::optional(Value(event->cpu->value)) : std::nullopt;
    case FieldName::Kind::leader_cpu:
        return leader_cpu ? std::optional(Value(leader_cpu->value)) : std::nullopt;
    case FieldName::Kind::traced:
        return traced ? yes : no;
    case FieldName::Kind::own:
        break;
    }
    auto const* value = fields ? fields->find(field.name) : nullptr;
    return value ? std::optional(Value(*value)) : std::nullopt;
}

} // namespace kflow::check
