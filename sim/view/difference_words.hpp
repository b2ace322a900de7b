#pragma once
// What the reports of differences share: words in the lecture's language, lists that are not too
// long.

#include "sim/model/ir.hpp"
#include "sim/view/language.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kflow::view {

class DifferenceWords {
public:
    explicit DifferenceWords(Language language) : korean_(language == Language::korean) {}

    /// The one that is in the language.
    std::string_view operator()(std::string_view english, std::string_view korean) const {
        return korean_ ? korean : english;
    }

    /// The first line of a documentation.
    std::string doc(model::Doc const& doc) const;
    /// "a, b, c and 4 more".
    std::string names(std::vector<std::string> const& all) const;

private:
    bool korean_;
};

} // namespace kflow::view
