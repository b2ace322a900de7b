#pragma once
// Gives names numbers, from 0, in the order in which they first appear.

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kflow::model {

/// FNV-1a: the same on every machine, and quick on short names.
struct NameHash {
    std::size_t operator()(std::string_view name) const {
        std::uint64_t hash = 0xcbf29ce484222325;
        for (char c : name) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        }
        return static_cast<std::size_t>(hash);
    }
};

/// Looked up, never iterated.
template <typename Value>
using NameMap = std::unordered_map<std::string_view, Value, NameHash>;

/// The names are views: their text must outlive the interner.
template <typename Id>
class Interner {
public:
    Id intern(std::string_view name) {
        auto const [it, is_new] = ids_.try_emplace(name, static_cast<Id>(names_.size()));
        if (is_new) {
            names_.push_back(name);
        }
        return it->second;
    }
    std::vector<std::string_view> const& names() const { return names_; }

private:
    NameMap<Id> ids_;
    std::vector<std::string_view> names_;
};

} // namespace kflow::model
