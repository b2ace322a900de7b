#pragma once
// The build's mask over the model's calls, looked up once a call site: what a tracer can show of a
// call, and where it returns to.

#include "sim/build/build_facts.hpp"
#include "sim/kernel/stack.hpp"
#include "sim/model/ir.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace kflow::engine {

/// What this build makes of one call.
struct MaskedCall {
    kernel::Show show = kernel::Show::inlined;
    std::uint64_t symbol = 0;        ///< of the callee's code: the caller's symbol where inlined
    std::uint32_t return_offset = 0; ///< in the caller's symbol; not for inlined calls
};

/// Answers from the program's own MaskAnswers where it has them, else from the build's facts.
class Mask {
public:
    Mask(model::Program const& model, build::BuildFacts const& build)
        : model_(model), build_(build) {}

    /// The call of `callee` by the instruction at `from` (~0: no instruction), whose function's
    /// code lies in the symbol at address `outer` (0: none).
    MaskedCall call(model::Pc from, model::FunctionId caller, model::FunctionId callee,
                    std::uint64_t outer, bool indirect) const;
    /// The symbol at an address that call() gave; empty names for 0. A module's function has a
    /// number made of its name for an address, that is none of the kernel's.
    build::Symbol symbol(std::uint64_t address) const;
    /// "kernel/fork.c"; empty for a leaf.
    std::string_view source_of(model::FunctionId function) const;

private:
    struct Key {
        model::Pc from;
        std::uint32_t callee;
        std::uint64_t outer;
        bool operator==(Key const&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(Key const& key) const {
            return static_cast<std::size_t>(
                ((std::uint64_t{key.from} << 32 | key.callee) ^ key.outer) * 0x9e3779b97f4a7c15);
        }
    };
    MaskedCall look_up(model::Pc from, model::FunctionId caller, model::FunctionId callee,
                       std::uint64_t outer, bool indirect) const;
    std::uint32_t return_offset(model::Pc from, model::FunctionId caller, model::FunctionId callee,
                                std::uint64_t outer, std::string_view callee_symbol) const;
    int site_of(model::Pc from, model::FunctionId caller, model::FunctionId callee) const;
    std::uint64_t remember(std::optional<build::Symbol> symbol) const;

    model::Program const& model_;
    build::BuildFacts const& build_;
    mutable std::unordered_map<Key, MaskedCall, KeyHash> calls_; // looked up, never iterated
    mutable std::unordered_map<std::uint64_t, build::Symbol> symbols_;
};

} // namespace kflow::engine
