// A new program (fs/exec.c).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

void load_program(Scope const& s, Actions& act) {
    auto const program = act.program_at(s.self().args.get(Arg::path, -1));
    if (program >= 0) {
        act.load_program(s.current, program);
    }
}

std::string comm_of(std::string_view path) {
    path.remove_prefix(path.rfind('/') + 1);
    return std::string(path.substr(0, 15));
}

void set_comm(Scope const& s, Actions& act) {
    s.edit_self().comm = comm_of(act.text(s.self().args.get(Arg::path, -1)));
}

/// exec_mmap(): the new address space is the task's, the old one loses a user.
void exchange_mm(Scope const& s) {
    auto& self = s.edit_self();
    auto const old = self.mm;
    auto made = s.id_of<MmId>("newmm", ObjectKind::mm);
    if (made == kNobody<MmId>) {
        made = s.machine.mms.add(Mm{});
    }
    self.mm = self.active_mm = made;
    if (old != kNobody<MmId>) {
        s.machine.mms.edit(old).users--;
        s.bind("oldmm", object_of(old));
    }
}

constexpr std::array kEffects{
    KFLOW_EFFECT(load_program, load_program(s, act)),
    KFLOW_EFFECT(set_comm, set_comm(s, act)),
    KFLOW_EFFECT(exchange_mm, exchange_mm(s)),
};

} // namespace

Effects exec_effects() {
    return kEffects;
}

} // namespace kflow::kernel
