// SPDX-License-Identifier: MIT
// What `TaskTracker` is made of: a count, and those who wait until it is zero.
#pragma once

#include "edo/runtime/core/join_core.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/task/promise.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace edo::detail {

/// Shared by trackers and tokens, and freed by the last of them. One word counts both and holds
/// whether the tracker is closed, so a task that comes or goes is one read-modify-write.
class TrackerCore {
public:
    TrackerCore() = default;
    TrackerCore(const TrackerCore&) = delete;
    TrackerCore& operator=(const TrackerCore&) = delete;

    void add_tracker() noexcept { word_.fetch_add(kTracker, std::memory_order_relaxed); }
    void remove_tracker() noexcept;
    void add_task() noexcept { word_.fetch_add(kTask, std::memory_order_relaxed); }
    void remove_task() noexcept;

    bool close() noexcept;
    bool reopen() noexcept;

    [[nodiscard]] bool is_closed() const noexcept {
        return (word_.load(std::memory_order_acquire) & kClosed) != 0;
    }
    [[nodiscard]] std::size_t tasks() const noexcept {
        return std::size_t((word_.load(std::memory_order_acquire) & kTasks) / kTask);
    }
    /// Closed, and no task left. Acquire pairs with the release in `remove_task`.
    [[nodiscard]] bool is_over() const noexcept {
        return (word_.load(std::memory_order_acquire) & (kTasks | kClosed)) == kClosed;
    }

    /// Waits until the tracker is over, if only for a moment.
    class Wait : public HookLeaf {
    public:
        explicit Wait(TrackerCore& core) noexcept : HookLeaf(&Wait::on_wake), core_(&core) {}
        ~Wait() { stop(); }

        [[nodiscard]] bool await_ready() noexcept;
        bool await_suspend(TaskHandle task) noexcept;
        void await_resume() const noexcept {}

    private:
        friend class TrackerCore;

        static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
        void stop() noexcept;

        TrackerCore* core_;
        std::uint64_t round_ = 0;  // guarded by the core's lock
        bool registered_ = false;
    };

private:
    static constexpr std::uint64_t kClosed = 1;
    static constexpr std::uint64_t kTask = 2;
    static constexpr std::uint64_t kTracker = std::uint64_t(1) << 33;
    static constexpr std::uint64_t kTasks = kTracker - kTask;

    ~TrackerCore() = default;
    bool wait(Wait& leaf) noexcept;
    void wake_all() noexcept;

    std::atomic<std::uint64_t> word_{kTracker};
    SpinLock lock_;
    // Guarded by `lock_`.
    std::uint64_t round_ = 0;  // how often the tracker was over
    LeafList waiting_;         // in the order of their rounds
};

/// Counts a task as long as it lives.
class TrackerToken {
public:
    explicit TrackerToken(TrackerCore& core) noexcept : core_(&core) { core.add_task(); }
    TrackerToken(const TrackerToken& other) noexcept : core_(other.core_) {
        if (core_ != nullptr) {
            core_->add_task();
        }
    }
    TrackerToken(TrackerToken&& other) noexcept : core_(other.release()) {}
    TrackerToken& operator=(TrackerToken other) noexcept {
        TrackerCore* const core = core_;
        core_ = other.core_;
        other.core_ = core;
        return *this;
    }
    ~TrackerToken() { drop(); }

    void drop() noexcept {
        if (TrackerCore* const core = release()) {
            core->remove_task();
        }
    }
    [[nodiscard]] TrackerCore* core() const noexcept { return core_; }

private:
    TrackerCore* release() noexcept {
        TrackerCore* const core = core_;
        core_ = nullptr;
        return core;
    }

    TrackerCore* core_;
};

/// Holds a token in a task's cell, until the coroutine and all it owned are destroyed.
class TrackedNode {
public:
    struct Init {
        explicit Init(TrackerCore& init_core) : core(&init_core) {}
        TrackerCore* core;
    };
    TrackedNode(const Init& init, JoinCore& /*core*/) noexcept : token_(*init.core) {}

    template <class T>
    void ended(Outcome /*outcome*/, ResultSlot<T>& /*slot*/) noexcept {
        token_.drop();
    }

private:
    TrackerToken token_;
};

}  // namespace edo::detail
