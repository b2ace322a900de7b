#pragma once
// A table of plain rows: its own, or one that lies in a mapped file and is read where it lies.

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace kflow::model {

/// A regular value. What it views must outlive it and its copies.
template <class Row>
class Rows {
public:
    using value_type = Row;

    /// The rows, to be changed; not where they are viewed.
    std::vector<Row>& own() { return own_; }
    std::vector<Row> const& own() const { return own_; }
    /// Reads `rows` from now on.
    void view(std::span<Row const> rows) { view_ = rows; }

    std::span<Row const> all() const { return view_.data() ? view_ : std::span<Row const>(own_); }
    operator std::span<Row const>() const { return all(); }
    Row const* data() const { return all().data(); }
    std::size_t size() const { return all().size(); }
    Row const& operator[](std::size_t n) const { return data()[n]; }
    auto begin() const { return all().begin(); }
    auto end() const { return all().end(); }
    bool operator==(Rows const& other) const { return std::ranges::equal(all(), other.all()); }

private:
    std::vector<Row> own_;
    std::span<Row const> view_;
};

} // namespace kflow::model
