#pragma once
// A set of small numbers, such as those of captures.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kflow::check {

class NumberSet {
public:
    /// Whether it was not in it yet.
    bool add(std::size_t number) {
        auto const word = number / kBits;
        words_.resize(std::max(words_.size(), word + 1));
        auto const bit = std::uint64_t{1} << (number % kBits);
        auto const is_new = (words_[word] & bit) == 0;
        words_[word] |= bit;
        return is_new;
    }

    void add(NumberSet const& others) {
        words_.resize(std::max(words_.size(), others.words_.size()));
        for (std::size_t i = 0; i < others.words_.size(); ++i) {
            words_[i] |= others.words_[i];
        }
    }

    std::size_t size() const {
        std::size_t count = 0;
        for (auto const word : words_) {
            count += static_cast<std::size_t>(std::popcount(word));
        }
        return count;
    }

    /// Ascending.
    std::vector<std::size_t> numbers() const {
        std::vector<std::size_t> all;
        for (std::size_t i = 0; i < words_.size() * kBits; ++i) {
            if ((words_[i / kBits] >> (i % kBits) & 1) != 0) {
                all.push_back(i);
            }
        }
        return all;
    }

private:
    static constexpr std::size_t kBits = 64;
    std::vector<std::uint64_t> words_;
};

} // namespace kflow::check
