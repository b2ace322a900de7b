// What moves the flag columns: interrupt masking, the counters of preemption and migration, soft
// interrupts (include/linux/irqflags.h, preempt.h, bottom_half.h).

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

void count(Scope const& s, std::uint16_t ThreadInfo::*depth, int by) {
    auto& value = s.edit_self().thread.*depth;
    value = static_cast<std::uint16_t>(std::max(0, value + by));
}

constexpr std::array kEffects{
    KFLOW_EFFECT(irqs_off, irqs_off(s) = true),
    KFLOW_EFFECT(irqs_on, irqs_off(s) = false),
    KFLOW_EFFECT(irqs_save, save(s)),
    KFLOW_EFFECT(irqs_restore, restore(s)),
    KFLOW_EFFECT(preempt_disable, count(s, &ThreadInfo::preempt, 1)),
    KFLOW_EFFECT(preempt_enable, count(s, &ThreadInfo::preempt, -1)),
    KFLOW_EFFECT(migrate_disable, count(s, &ThreadInfo::migration, 1)),
    KFLOW_EFFECT(migrate_enable, count(s, &ThreadInfo::migration, -1)),
    KFLOW_EFFECT(softirqs_off, count(s, &ThreadInfo::bh_off, 1)),
    KFLOW_EFFECT(softirqs_on, count(s, &ThreadInfo::bh_off, -1)),
};

} // namespace

Effects context_effects() {
    return kEffects;
}

} // namespace kflow::kernel
