#include "sim/trace/event_layout.hpp"

#include "sim/trace/write/text_out.hpp"

#include <charconv>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace kflow::trace {

namespace {

/// How often a match may try another end for a text field: texts that are made to be ambiguous stop
/// being events.
constexpr int kMatchBudget = 4096;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_lower_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

void append_number(std::string& out, FieldValue const& value, char conversion, bool prefixed,
                   unsigned width) {
    std::uint64_t bits = 0;
    if (auto const* number = std::get_if<std::uint64_t>(&value)) {
        bits = *number;
    } else if (auto const* signed_number = std::get_if<std::int64_t>(&value)) {
        bits = static_cast<std::uint64_t>(*signed_number);
    } else {
        out.push_back('?');
        return;
    }
    if (conversion == 'd') {
        append_decimal(out, static_cast<std::int64_t>(bits), width, width > 0 ? '0' : ' ');
    } else if (conversion == 'u' || (conversion == 'a' && bits < 10)) {
        append_decimal(out, bits, width, width > 0 ? '0' : ' ');
    } else {
        out.append(prefixed || conversion == 'a' ? "0x" : "");
        append_hex(out, bits, width);
    }
}

} // namespace

EventLayout::EventLayout(std::string_view text) {
    Part part;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '{') {
            part.before.push_back(text[at]);
            continue;
        }
        if (at + 1 < text.size() && text[at + 1] == '{') {
            part.before.push_back('{');
            ++at;
            continue;
        }
        std::size_t const colon = text.find(':', at);
        std::size_t const close = text.find('}', at);
        if (close == std::string_view::npos || colon == std::string_view::npos ||
            colon + 1 >= close) {
            part.before.push_back('{');
            continue;
        }
        part.key = Name(text.substr(at + 1, colon - at - 1));
        std::string_view spec = text.substr(colon + 1, close - colon - 1);
        part.conversion = spec.back();
        spec.remove_suffix(1);
        if (!spec.empty() && spec[0] == '#') {
            part.prefixed = true;
            spec.remove_prefix(1);
        }
        std::from_chars(spec.data(), spec.data() + spec.size(), part.width);
        keys_.push_back(part.key);
        parts_.push_back(std::move(part));
        part = Part();
        at = close;
    }
    parts_.push_back(std::move(part));
}

EventLayout const& EventLayout::of(Name text) {
    static std::mutex mutex;
    static std::unordered_map<Name, std::unique_ptr<EventLayout>, NameHash> compiled;
    std::lock_guard const lock(mutex);
    auto& entry = compiled[text];
    if (!entry) {
        entry.reset(new EventLayout(text.view()));
    }
    return *entry;
}

std::optional<std::vector<Field>> EventLayout::match(std::string_view text) const {
    std::vector<Field> fields;
    fields.reserve(parts_.size());
    int budget = kMatchBudget;
    if (!match_from(text, 0, 0, fields, budget)) {
        return std::nullopt;
    }
    return fields;
}

bool EventLayout::read_value(std::string_view text, std::size_t& at, Part const& part,
                             FieldValue& value) {
    std::size_t end = at;
    bool const hex =
        part.conversion == 'x' || (part.conversion == 'a' && text.substr(at, 2) == "0x");
    if (hex && (part.prefixed || part.conversion == 'a')) {
        end += 2;
    }
    if (!hex && end < text.size() && text[end] == '-') {
        ++end;
    }
    while (end < text.size() && (hex ? is_lower_hex(text[end]) : is_digit(text[end]))) {
        ++end;
    }
    std::string_view const word = text.substr(at, end - at);
    std::string_view digits = word;
    if (hex && digits.substr(0, 2) == "0x") {
        digits.remove_prefix(2);
    }
    std::from_chars_result result{};
    char const* const last = digits.data() + digits.size();
    if (part.conversion == 'd') {
        std::int64_t number = 0;
        result = std::from_chars(digits.data(), last, number);
        value = number;
    } else {
        std::uint64_t number = 0;
        result = std::from_chars(digits.data(), last, number, hex ? 16 : 10);
        value = number;
    }
    if (digits.empty() || result.ec != std::errc() || result.ptr != last) {
        return false;
    }
    std::string again;
    append_number(again, value, part.conversion, part.prefixed, part.width);
    at = end;
    return again == word;
}

bool EventLayout::match_from(std::string_view text, std::size_t at, std::size_t index,
                             std::vector<Field>& fields, int& budget) const {
    Part const& part = parts_[index];
    if (text.substr(at, part.before.size()) != part.before) {
        return false;
    }
    at += part.before.size();
    if (part.conversion == 0) {
        return at == text.size();
    }
    if (part.conversion != 's') {
        FieldValue value;
        if (!read_value(text, at, part, value)) {
            return false;
        }
        fields.push_back({part.key, value});
        if (match_from(text, at, index + 1, fields, budget)) {
            return true;
        }
        fields.pop_back();
        return false;
    }
    Part const& next = parts_[index + 1];
    if (next.conversion == 0 && next.before.empty()) {
        fields.push_back({part.key, Name(text.substr(at))});
        return true;
    }
    for (std::size_t end = text.find(next.before, at); end != std::string_view::npos;
         end = text.find(next.before, end + 1)) {
        if (--budget < 0) {
            return false;
        }
        fields.push_back({part.key, Name()});
        if (match_from(text, end, index + 1, fields, budget)) {
            fields[index].value = Name(text.substr(at, end - at)); // one field a part
            return true;
        }
        fields.pop_back();
    }
    return false;
}

namespace {

/// The value of the field `key`, which as a rule is the one at `place`.
FieldValue const* field_value(std::vector<Field> const& fields, std::size_t place, Name key) {
    if (place < fields.size() && fields[place].key == key) {
        return &fields[place].value;
    }
    for (Field const& field : fields) {
        if (field.key == key) {
            return &field.value;
        }
    }
    return nullptr;
}

} // namespace

void EventLayout::print(std::string& out, std::vector<Field> const& fields) const {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        Part const& part = parts_[i];
        out.append(part.before);
        if (part.conversion == 0) {
            continue;
        }
        FieldValue const* const value = field_value(fields, i, part.key);
        Name const* const text = value ? std::get_if<Name>(value) : nullptr;
        if (value && part.conversion != 's') {
            append_number(out, *value, part.conversion, part.prefixed, part.width);
        } else if (text) {
            out.append(text->view());
        } else {
            out.push_back('?');
        }
    }
}

std::string_view EventLayout::event_name() const {
    std::string_view const before = parts_.front().before;
    return before.substr(0, before.find(':'));
}

} // namespace kflow::trace
