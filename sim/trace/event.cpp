#include "sim/trace/event.hpp"

namespace kflow::trace {

FieldValue const* TraceEvent::find(std::string_view key) const {
    for (Field const& field : fields) {
        if (field.key.view() == key) {
            return &field.value;
        }
    }
    return nullptr;
}

FieldValue const* TraceEvent::find(Name key) const {
    for (Field const& field : fields) {
        if (field.key == key) {
            return &field.value;
        }
    }
    return nullptr;
}

std::optional<std::int64_t> TraceEvent::number(std::string_view key) const {
    FieldValue const* const value = find(key);
    if (!value) {
        return std::nullopt;
    }
    if (auto const* number = std::get_if<std::int64_t>(value)) {
        return *number;
    }
    if (auto const* number = std::get_if<std::uint64_t>(value)) {
        return static_cast<std::int64_t>(*number);
    }
    return std::nullopt;
}

std::string_view TraceEvent::text(std::string_view key) const {
    FieldValue const* const value = find(key);
    Name const* const word = value ? std::get_if<Name>(value) : nullptr;
    return word ? word->view() : std::string_view();
}

bool Event::same_record(Event const& other) const {
    Event moved = other;
    moved.line = line;
    return *this == moved;
}

} // namespace kflow::trace
