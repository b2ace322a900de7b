#pragma once
// Values by name, found without hashing: names are numbered densely.

#include "sim/trace/name.hpp"

#include <vector>

namespace kflow::trace {

/// For lookups only. A name that nothing was put under has `Value()`.
template <class Value>
class NameTable {
public:
    Value const& get(Name name) const {
        static Value const none{};
        return name.number() < values_.size() ? values_[name.number()] : none;
    }
    /// The name's place, made if it is not there; other places may move.
    Value& at(Name name) {
        if (name.number() >= values_.size()) {
            values_.resize(name.number() + 1);
        }
        return values_[name.number()];
    }

private:
    std::vector<Value> values_;
};

} // namespace kflow::trace
