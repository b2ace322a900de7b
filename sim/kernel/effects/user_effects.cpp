// The way into the kernel and back, and what glibc keeps.

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

/// What the function will return, while more system calls follow: kept beside its arguments.
void keep_result(Scope const& s) {
    auto& user = s.edit_self().user;
    user.arguments.set(Arg::value, user.result);
}

void return_kept(Scope const& s) {
    auto& user = s.edit_self().user;
    user.result = user.arguments.get(Arg::value, user.result);
}

void buffer_text(Scope const& s) {
    auto& self = s.edit_self();
    self.stdout_buffered += self.user.arguments.get(Arg::bytes);
}

constexpr std::array kEffects{
    KFLOW_EFFECT(keep_result, keep_result(s)),
    KFLOW_EFFECT(return_kept_result, return_kept(s)),
    KFLOW_EFFECT(buffer_text, buffer_text(s)),
    KFLOW_EFFECT(empty_buffer, s.edit_self().stdout_buffered = 0),
    KFLOW_EFFECT(run_handler, (void)s),
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
