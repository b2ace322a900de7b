#pragma once
// Values that are shared between copies of a machine until one of them changes: what makes a
// snapshot cheap.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace kflow::kernel {

/// A value of type T. Copies share it; edit() gives its own copy first where it is shared. Compares
/// by value.
template <class T>
class Shared {
public:
    Shared() = default;
    explicit Shared(T value) : value_(std::make_shared<T>(std::move(value))) {}

    explicit operator bool() const { return value_ != nullptr; }
    T const& operator*() const { return *value_; }
    T const* operator->() const { return value_.get(); }
    T& edit() {
        if (value_.use_count() != 1) {
            value_ = std::make_shared<T>(*value_);
        }
        return *value_;
    }
    bool operator==(Shared const& other) const {
        return value_ == other.value_ || (value_ && other.value_ && *value_ == *other.value_);
    }

private:
    std::shared_ptr<T> value_;
};

/// A table by id. Ids count from 0 and are never used again; a removed entry stays an empty slot.
/// Entries are shared between copies in one piece each, the index of them in chunks.
template <class Id, class T>
class Table {
public:
    Id add(T value) {
        if (size_ % kChunk == 0) {
            chunks_.push_back(Shared<Chunk>(Chunk()));
        }
        chunks_.back().edit().push_back(Shared<T>(std::move(value)));
        return static_cast<Id>(size_++);
    }
    bool has(Id id) const {
        auto const n = index(id);
        return n < size_ && static_cast<bool>((*chunks_[n / kChunk])[n % kChunk]);
    }
    T const& operator[](Id id) const {
        assert(has(id));
        auto const n = index(id);
        return *(*chunks_[n / kChunk])[n % kChunk];
    }
    T& edit(Id id) {
        assert(has(id));
        auto const n = index(id);
        return chunks_[n / kChunk].edit()[n % kChunk].edit();
    }
    void remove(Id id) {
        auto const n = index(id);
        chunks_[n / kChunk].edit()[n % kChunk] = Shared<T>();
    }
    /// All ids that were ever given out are below this.
    std::uint32_t limit() const { return size_; }
    /// Calls visit(id, entry) for every entry there is, by id.
    template <class Visit>
    void for_each(Visit visit) const {
        for (std::uint32_t n = 0; n < size_; ++n) {
            if (auto const& entry = (*chunks_[n / kChunk])[n % kChunk]) {
                visit(static_cast<Id>(n), *entry);
            }
        }
    }
    bool operator==(Table const&) const = default;

private:
    static constexpr std::uint32_t kChunk = 32;
    using Chunk = std::vector<Shared<T>>;
    static std::uint32_t index(Id id) { return static_cast<std::uint32_t>(id); }
    std::vector<Shared<Chunk>> chunks_;
    std::uint32_t size_ = 0;
};

} // namespace kflow::kernel
