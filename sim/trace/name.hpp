#pragma once
// Interned text: a capture of 30 MB holds a million names, of which some thousands differ.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kflow::trace {

/// A piece of text that is kept once in the process and never freed: a function's name, a task's
/// comm, a field's key or its text. Four bytes, compared for equality by number, ordered by its
/// text (numbers depend on who came first, text does not). The default is the empty text. Interning
/// may be done by several threads.
class Name {
public:
    Name() = default;
    explicit Name(std::string_view text);

    std::string_view view() const;
    bool empty() const { return id_ == 0; }
    /// For hash tables: says nothing of an order, and differs from run to run.
    std::uint32_t number() const { return id_; }

    bool operator==(Name const&) const = default;
    std::strong_ordering operator<=>(Name const& other) const;

private:
    std::uint32_t id_ = 0;
};

/// For lookups only: what is iterated must be ordered.
struct NameHash {
    std::size_t operator()(Name name) const { return name.number(); }
};

} // namespace kflow::trace
