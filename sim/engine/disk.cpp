// Writes that go through to the disk, as a file of the 9p file system makes them: each request ends with
// the device's interrupt (net/9p/client.c, p9_client_rpc), and since 6.10 a worker has its part.

#include "sim/engine/execution.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kflow::engine {

namespace {

enum class DiskStep : std::uint8_t {
    ask,      ///< a request: the device answers
    collect,  ///< netfs_wake_write_collector(): a worker is to say that the write is complete
    wait,     ///< until it has said so (NETFS_RREQ_IN_PROGRESS)
    clean_up, ///< netfs_put_request(): a worker is to free the request
    done,
};

/// v9fs_file_write_iter() up to 6.9: the write itself. Then netfs_unbuffered_write_iter(), which
/// asks for the file's privileges first (file_remove_privs), and since 6.15 collects for itself.
std::span<DiskStep const> disk_steps(Engine::Impl const& impl) {
    using enum DiskStep;
    static constexpr std::array write{ask, done};
    static constexpr std::array collected_by_worker{ask, ask, collect, wait, done};
    static constexpr std::array freed_by_worker{ask, ask, clean_up, done};
    if (impl.before(6, 10)) {
        return write;
    }
    return impl.before(6, 15) ? std::span<DiskStep const>(collected_by_worker) : freed_by_worker;
}

} // namespace

void Execution::write_through() {
    auto const steps = disk_steps(impl_);
    auto const step = steps[task().disk_step++];
    if (step == DiskStep::done) {
        task().disk_step = 0;
        return;
    }
    frame().waits = true;
    if (step == DiskStep::ask) {
        wait_for_device();
    } else if (step == DiskStep::wait) {
        if (std::ranges::find(machine_.collecting, me()) != machine_.collecting.end()) {
            sleep(kernel::TASK_UNINTERRUPTIBLE_);
        }
    } else {
        if (step == DiskStep::collect) {
            machine_.collecting.push_back(me());
        }
        call(impl_.function("queue_work_on"), {}, {}, ~model::Pc{0}, false);
    }
}

/// The device's interrupt goes to the first CPU, as all of them do where nobody spreads them.
void Execution::wait_for_device() {
    task().waits_for_device = true;
    arm_timer(me(), cpu().now + policy_.device_latency(machine_), Cpu{0});
    sleep(kernel::TASK_UNINTERRUPTIBLE_);
}

/// netfs_write_collection_worker(): the writers go on.
void Execution::end_writes() {
    for (auto const writer : std::exchange(machine_.collecting, {})) {
        hold(1);
        wake(writer, kernel::TASK_UNINTERRUPTIBLE_);
    }
}

} // namespace kflow::engine
