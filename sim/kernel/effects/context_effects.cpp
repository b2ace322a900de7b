// What moves the flag columns: interrupt masking, the preemption counter, soft interrupts
// (include/linux/irqflags.h, preempt.h, bottom_half.h).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

bool& irqs_off(Scope const& s) {
    return s.machine.cpu(s.cpu).irqs_off;
}

void save(Scope const& s) {
    s.edit_self().thread.saved_irqs.push_back(irqs_off(s));
    irqs_off(s) = true;
}

void restore(Scope const& s) {
    auto& saved = s.edit_self().thread.saved_irqs;
    if (!saved.empty()) {
        irqs_off(s) = saved.back();
        saved.pop_back();
    }
}

void count(Scope const& s, int by) {
    auto& preempt = s.edit_self().thread.preempt;
    preempt = static_cast<std::uint16_t>(std::max(0, preempt + by));
}

void hold_softirqs(Scope const& s, int by) {
    auto& held = s.edit_self().thread.bh_off;
    held = static_cast<std::uint16_t>(std::max(0, held + by));
}

constexpr std::array kEffects{
    KFLOW_EFFECT(irqs_off, irqs_off(s) = true),
    KFLOW_EFFECT(irqs_on, irqs_off(s) = false),
    KFLOW_EFFECT(irqs_save, save(s)),
    KFLOW_EFFECT(irqs_restore, restore(s)),
    KFLOW_EFFECT(preempt_disable, count(s, 1)),
    KFLOW_EFFECT(preempt_enable, count(s, -1)),
    KFLOW_EFFECT(softirqs_off, hold_softirqs(s, 1)),
};

} // namespace

Effects context_effects() {
    return kEffects;
}

} // namespace kflow::kernel
