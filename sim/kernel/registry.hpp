#pragma once
// Which words of the model the machine knows: guards, effects, collections and conditions by name.
// Each has one function here and a declaration, with its documentation, in a flow file.

#include "sim/kernel/facts.hpp"
#include "sim/kernel/scope.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace kflow::kernel {

using GuardFunction = Answer (*)(Scope const&);
/// Returns 0 or the errno it fails with.
using EffectFunction = int (*)(Scope const&, Actions&);
using CollectionFunction = std::vector<Object> (*)(Scope const&);

/// `wait CONDITION`: whether it holds, and in which state a task waits for it.
struct ConditionFunction {
    bool (*holds)(Scope const&) = nullptr;
    unsigned state = 1;
};

template <class Function>
struct Word {
    std::string_view name;
    Function function;
};

/// All words, sorted by name; a word may come from several tables only once.
std::vector<Word<GuardFunction>> const& all_guards();
std::vector<Word<EffectFunction>> const& all_effects();
std::vector<Word<CollectionFunction>> const& all_collections();
std::vector<Word<ConditionFunction>> const& all_conditions();

GuardFunction find_guard(std::string_view name);
EffectFunction find_effect(std::string_view name);
CollectionFunction find_collection(std::string_view name);
ConditionFunction find_condition(std::string_view name);

// The tables, each in a file of guards/ or effects/.
using Guards = std::span<Word<GuardFunction> const>;
using Effects = std::span<Word<EffectFunction> const>;
Guards clone_guards();
Guards task_guards();
Guards exit_guards();
Guards wait_guards();
Guards signal_guards();
Guards scheduler_guards();
Guards exec_guards();
Guards user_guards();
Guards tty_guards();
Guards library_guards();
Effects context_effects();
Effects clone_effects();
Effects exit_effects();
Effects wait_effects();
Effects signal_effects();
Effects scheduler_effects();
Effects exec_effects();
Effects user_effects();
Effects tty_effects();
Effects library_effects();
std::span<Word<CollectionFunction> const> machine_collections();
std::span<Word<ConditionFunction> const> machine_conditions();

} // namespace kflow::kernel
