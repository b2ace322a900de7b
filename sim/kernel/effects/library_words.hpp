#pragma once
// What the words of the C library's functions have in common. Private to sim/kernel.

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

/// The library's state in the acting task's memory; null where it has none (a kernel thread).
inline Library* library(Scope const& s) {
    auto const mm = s.self().mm;
    return mm == kNobody<MmId> ? nullptr : &s.machine.mms.edit(mm).library;
}

/// What file descriptor 1 is.
inline FileKind stdout_kind(Scope const& s) {
    auto const files = s.self().files;
    if (files == kNobody<FilesId>) {
        return FileKind::regular;
    }
    auto const& open = s.machine.files[files].open;
    auto const found = open.find(1);
    return found == open.end() ? FileKind::regular : found->second;
}

/// The signal that __spawni_child() has come to.
inline std::int64_t spawn_signal(Scope const& s) {
    auto const signal = s.object("spawn_signal");
    return signal.kind == ObjectKind::member ? signal.id : 0;
}

} // namespace kflow::kernel
