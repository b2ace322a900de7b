#pragma once
// What a role can be bound to: a handle of something in the machine, never a pointer.

#include <compare>
#include <cstdint>

namespace kflow::kernel {

/// The kinds of things that guards and effects are about. Their ids are indexes of Machine's tables
/// (tasks, mms, …) unless said otherwise.
enum class ObjectKind : std::uint8_t {
    none,          ///< an empty place: nobody has set it yet
    task,          ///< TaskId
    thread_group,  ///< ThreadGroupId: signal_struct
    sighand,       ///< SighandId
    mm,            ///< MmId
    files,         ///< FilesId
    fs,            ///< FsId
    cred,          ///< CredId
    pid,           ///< PidId: struct pid
    pid_namespace, ///< PidNamespaceId
    nsproxy,       ///< NsproxyId
    args,    ///< TaskId: the arguments of that task's system call (kernel_clone_args, wait_opts)
    siginfo, ///< a signal on its way: index of Machine::siginfos
    cpu,     ///< CPU number: a run queue
    member,  ///< the n-th member of a collection that holds nothing but a number (a VMA, an
             ///< open file)
    fresh,   ///< a thing that the machine tells from others but knows nothing else of
};

/// A handle. Ids are never used again during a run, so a handle to a thing that is gone stays
/// recognisable as such.
struct Object {
    ObjectKind kind = ObjectKind::none;
    std::uint32_t id = 0;
    auto operator<=>(Object const&) const = default;
    explicit operator bool() const { return kind != ObjectKind::none; }
};

enum class TaskId : std::uint32_t {};
enum class ThreadGroupId : std::uint32_t {};
enum class SighandId : std::uint32_t {};
enum class MmId : std::uint32_t {};
enum class FilesId : std::uint32_t {};
enum class FsId : std::uint32_t {};
enum class CredId : std::uint32_t {};
enum class PidId : std::uint32_t {};
enum class PidNamespaceId : std::uint32_t {};
enum class NsproxyId : std::uint32_t {};

/// "No such thing" of any id.
template <typename Id>
inline constexpr Id kNobody = static_cast<Id>(~std::uint32_t{0});

template <typename Id>
constexpr std::uint32_t number_of(Id id) {
    return static_cast<std::uint32_t>(id);
}

constexpr Object object_of(TaskId id) {
    return id == kNobody<TaskId> ? Object{} : Object{ObjectKind::task, number_of(id)};
}
constexpr Object object_of(ThreadGroupId id) {
    return id == kNobody<ThreadGroupId> ? Object{}
                                        : Object{ObjectKind::thread_group, number_of(id)};
}
constexpr Object object_of(SighandId id) {
    return id == kNobody<SighandId> ? Object{} : Object{ObjectKind::sighand, number_of(id)};
}
constexpr Object object_of(MmId id) {
    return id == kNobody<MmId> ? Object{} : Object{ObjectKind::mm, number_of(id)};
}
constexpr Object object_of(FilesId id) {
    return id == kNobody<FilesId> ? Object{} : Object{ObjectKind::files, number_of(id)};
}
constexpr Object object_of(FsId id) {
    return id == kNobody<FsId> ? Object{} : Object{ObjectKind::fs, number_of(id)};
}
constexpr Object object_of(CredId id) {
    return id == kNobody<CredId> ? Object{} : Object{ObjectKind::cred, number_of(id)};
}
constexpr Object object_of(PidId id) {
    return id == kNobody<PidId> ? Object{} : Object{ObjectKind::pid, number_of(id)};
}
constexpr Object object_of(PidNamespaceId id) {
    return id == kNobody<PidNamespaceId> ? Object{}
                                         : Object{ObjectKind::pid_namespace, number_of(id)};
}
constexpr Object object_of(NsproxyId id) {
    return id == kNobody<NsproxyId> ? Object{} : Object{ObjectKind::nsproxy, number_of(id)};
}

} // namespace kflow::kernel
