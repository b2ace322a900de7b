// The way into the kernel and back.

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

constexpr std::array kEffects{
    KFLOW_EFFECT(save_user_registers, (void)s),
    KFLOW_EFFECT(return_to_user, (void)s),
    KFLOW_EFFECT(set_return_value, (void)s),
    KFLOW_EFFECT(touch_user_memory, (void)s),
    KFLOW_EFFECT(set_root_directory, (void)s),
    KFLOW_EFFECT(set_working_directory, (void)s),
};

} // namespace

Effects user_effects() {
    return kEffects;
}

} // namespace kflow::kernel
