#include "sim/trace/name.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <string>
#include <unordered_map>

namespace kflow::trace {

namespace {

constexpr std::uint32_t kChunkBits = 9;
constexpr std::uint32_t kChunkSize = 1u << kChunkBits;
constexpr std::uint32_t kChunks = 1u << 17;

using Chunk = std::array<std::string, kChunkSize>;

/// Texts never move, so that a view of one stays good and readers need no lock.
class Table {
public:
    Table() { intern(""); }

    std::uint32_t intern(std::string_view text) {
        std::lock_guard const lock(mutex_);
        auto const found = numbers_.find(text);
        if (found != numbers_.end()) {
            return found->second;
        }
        std::uint32_t const number = count_;
        if (number >= kChunks * kChunkSize) {
            return 0; // 67 million texts that differ: an input made to exhaust the table reads as
                      // empty names
        }
        std::uint32_t const chunk = number >> kChunkBits;
        Chunk* texts = chunks_[chunk].load(std::memory_order_relaxed);
        if (!texts) {
            texts = new Chunk;
            chunks_[chunk].store(texts, std::memory_order_release);
        }
        std::string& place = (*texts)[number & (kChunkSize - 1)];
        place = text;
        numbers_.emplace(place, number);
        ++count_;
        return number;
    }

    std::string_view text(std::uint32_t number) const {
        Chunk const* chunk = chunks_[number >> kChunkBits].load(std::memory_order_acquire);
        return (*chunk)[number & (kChunkSize - 1)];
    }

private:
    std::mutex mutex_;
    std::unordered_map<std::string_view, std::uint32_t> numbers_; // looked up, never iterated
    std::uint32_t count_ = 0;
    static std::array<std::atomic<Chunk*>, kChunks> chunks_; // of which a run touches one page
};

constinit std::array<std::atomic<Chunk*>, kChunks> Table::chunks_{};

/// A number for a text in a few steps: its length, its first and its last bytes. Names that differ
/// in the middle alone share it.
std::uint64_t quick_hash(std::string_view text) {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::size_t const taken = std::min(text.size(), sizeof first);
    std::memcpy(&first, text.data(), taken);
    std::memcpy(&last, text.data() + text.size() - taken, taken);
    return (first * 0x9e3779b97f4a7c15 ^ last) * 0xff51afd7ed558ccd +
           text.size() * 0xc4ceb9fe1a85ec53;
}

/// Texts that a thread asked for lately: most names come again soon, and need no lock then.
class Recent {
public:
    std::uint32_t number(std::string_view text, Table& table) {
        Known& known = known_[quick_hash(text) >> (64 - kBits)];
        if (known.text != text) {
            std::uint32_t const number = table.intern(text);
            known = {table.text(number), number};
        }
        return known.number;
    }

private:
    static constexpr int kBits = 11;
    struct Known {
        std::string_view text;
        std::uint32_t number = 0;
    };
    std::array<Known, 1u << kBits> known_{};
};

thread_local constinit Recent recent;

Table& table() {
    static Table* const the = new Table; // never destroyed: static Names may outlive it otherwise
    return *the;
}

} // namespace

Name::Name(std::string_view text) : id_(text.empty() ? 0 : recent.number(text, table())) {}

std::string_view Name::view() const {
    return id_ == 0 ? std::string_view() : table().text(id_);
}

std::strong_ordering Name::operator<=>(Name const& other) const {
    if (id_ == other.id_) {
        return std::strong_ordering::equal;
    }
    return view() <=> other.view();
}

} // namespace kflow::trace
