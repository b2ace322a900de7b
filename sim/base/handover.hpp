#pragma once
// Values that one thread makes and another takes, one at a time.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace kflow {

/// Between one thread that puts and one that takes.
template <class Value>
class Handover {
public:
    /// Waits until what was put before is taken. False: it was closed.
    bool put(Value value) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !value_ || is_closed_; });
        if (is_closed_) {
            return false;
        }
        value_ = std::move(value);
        changed_.notify_all();
        return true;
    }

    /// Waits for a value. Nothing: it was closed, and all that was put is taken.
    std::optional<Value> take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return value_ || is_closed_; });
        changed_.notify_all();
        return std::exchange(value_, std::nullopt);
    }

    /// Nothing more is put.
    void close() {
        std::lock_guard const lock(mutex_);
        is_closed_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Value> value_;
    bool is_closed_ = false;
};

} // namespace kflow
