#pragma once
// Values that one thread makes and another takes, in order.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace kflow {

/// Between one thread that puts and one that takes.
template <class Value>
class Handover {
public:
    /// `most`: so many wait to be taken, then who puts waits.
    explicit Handover(std::size_t most) : most_(most) {}

    /// False: it was closed.
    bool put(Value value) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return values_.size() < most_ || is_closed_; });
        if (is_closed_) {
            return false;
        }
        values_.push_back(std::move(value));
        changed_.notify_all();
        return true;
    }

    /// Waits for a value. Nothing: it was closed, and all that was put is taken.
    std::optional<Value> take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !values_.empty() || is_closed_; });
        if (values_.empty()) {
            return std::nullopt;
        }
        std::optional<Value> taken(std::move(values_.front()));
        values_.pop_front();
        changed_.notify_all();
        return taken;
    }

    /// Nothing more is put.
    void close() {
        std::lock_guard const lock(mutex_);
        is_closed_ = true;
        changed_.notify_all();
    }

private:
    std::size_t most_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Value> values_;
    bool is_closed_ = false;
};

} // namespace kflow
