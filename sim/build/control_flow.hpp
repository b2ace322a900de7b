#pragma once
// In which order a function's calls can come: model/builds/NAME/control-flow.zst, read off the
// branches of the build's Image by scripts/control-flow (docs/BUILD_FACTS.md specifies the file).
//
// It is what the code allows, on any path: what never happens together may follow each other here,
// but what it does not allow cannot happen.

#include "sim/base/diagnostic.hpp"
#include "sim/build/sorted_lines.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kflow::build {

/// A place of a function's code that calls, and what can be called next.
struct FlowSite {
    enum class Callee : std::uint8_t {
        traced,  ///< the tracers show the call
        hidden,  ///< they do not: what that one calls is seen in its place
        pointer, ///< whoever a pointer leads to, traced or not
    };
    Callee kind = Callee::traced;
    std::string_view callee; ///< symbol; empty for `pointer`, and where no symbol is
    /// Sites that can come next, as indices; ascending. Empty, and no end: the call does not
    /// return.
    std::vector<std::uint32_t> next;
    bool ends = false; ///< the function can return behind it without another call
};

struct FunctionFlow {
    std::vector<std::uint32_t> first; ///< sites that can come first
    bool may_be_silent = false;       ///< it can return without any call
    std::vector<FlowSite> sites;      ///< by place
};

class ControlFlow {
public:
    /// Reads model_dir/builds/NAME/control-flow.zst. Nothing if the build has no such file.
    static std::variant<std::optional<ControlFlow>, Diagnostic> load(std::string const& model_dir,
                                                                     std::string_view name);

    /// Of the file's text.
    static ControlFlow from_text(std::string text) { return ControlFlow(std::move(text)); }

    /// All functions of that symbol (some names are of several), by address. What they name lives
    /// as long as this.
    std::vector<FunctionFlow> functions(std::string_view symbol) const;

private:
    explicit ControlFlow(std::string text);
    std::string text_;
    SortedLines lines() const;
};

} // namespace kflow::build
