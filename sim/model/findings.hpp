#pragma once
// Private to the lint: gathers what is found build by build and says each thing once.

#include "sim/base/diagnostic.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace kflow::model {

class Findings {
public:
    explicit Findings(std::vector<std::string> build_names) : builds_(std::move(build_names)) {}

    /// Found in one build; `build` is an index into the names.
    void add(std::size_t build, Diagnostic diagnostic);
    /// Found in the text itself, whatever the build.
    void add(Diagnostic diagnostic);
    bool has_errors() const;
    /// All, sorted by place; "(in BUILD, …)" where it does not hold in each build.
    std::vector<Diagnostic> take();

private:
    using Key = std::tuple<std::string, int, int, std::string>;
    struct Entry {
        Diagnostic diagnostic;
        std::vector<std::size_t> builds;
        bool everywhere = false;
    };
    Entry& entry(Diagnostic diagnostic);

    std::vector<std::string> builds_;
    std::map<Key, Entry> entries_;
};

} // namespace kflow::model
