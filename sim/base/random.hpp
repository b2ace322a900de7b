#pragma once
// The project's own generator: the standard library's engines are portable, its distributions are not.

#include <cstdint>

namespace kflow {

/// xoshiro256** seeded by splitmix64 (Blackman and Vigna). A regular value: a copy goes on with the same numbers.
class Random {
public:
    explicit Random(std::uint64_t seed = 0);

    /// The next 64 bits.
    std::uint64_t next();

    /// A number in [0, bound), without bias; `bound` is at least 1.
    std::uint64_t below(std::uint64_t bound);

    /// True in `numerator` of `denominator` cases; `denominator` is at least 1.
    bool chance(std::uint64_t numerator, std::uint64_t denominator);

    bool operator==(Random const&) const = default;

private:
    std::uint64_t state_[4];
};

} // namespace kflow
