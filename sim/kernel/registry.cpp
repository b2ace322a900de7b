#include "sim/kernel/registry.hpp"

#include <algorithm>

namespace kflow::kernel {

namespace {

template <class Function>
std::vector<Word<Function>> merge(std::initializer_list<std::span<Word<Function> const>> tables) {
    std::vector<Word<Function>> all;
    for (auto const table : tables) {
        all.insert(all.end(), table.begin(), table.end());
    }
    std::stable_sort(all.begin(), all.end(),
                     [](auto const& a, auto const& b) { return a.name < b.name; });
    return all;
}

template <class Function>
Function find(std::vector<Word<Function>> const& words, std::string_view name) {
    auto const found =
        std::lower_bound(words.begin(), words.end(), name,
                         [](auto const& word, std::string_view key) { return word.name < key; });
    return found != words.end() && found->name == name ? found->function : Function{};
}

} // namespace

std::vector<Word<GuardFunction>> const& all_guards() {
    static auto const words =
        merge<GuardFunction>({clone_guards(), task_guards(), exit_guards(), wait_guards(),
                              signal_guards(), scheduler_guards(), exec_guards(), user_guards(),
                              library_guards(), tty_guards()});
    return words;
}

std::vector<Word<EffectFunction>> const& all_effects() {
    static auto const words = merge<EffectFunction>(
        {context_effects(), clone_effects(), exit_effects(), wait_effects(), signal_effects(),
         scheduler_effects(), exec_effects(), user_effects(), library_effects(), tty_effects()});
    return words;
}

std::vector<Word<CollectionFunction>> const& all_collections() {
    static auto const words = merge<CollectionFunction>({machine_collections()});
    return words;
}

std::vector<Word<ConditionFunction>> const& all_conditions() {
    static auto const words = merge<ConditionFunction>({machine_conditions()});
    return words;
}

GuardFunction find_guard(std::string_view name) {
    return find(all_guards(), name);
}
EffectFunction find_effect(std::string_view name) {
    return find(all_effects(), name);
}
CollectionFunction find_collection(std::string_view name) {
    return find(all_collections(), name);
}
ConditionFunction find_condition(std::string_view name) {
    return find(all_conditions(), name);
}

} // namespace kflow::kernel
