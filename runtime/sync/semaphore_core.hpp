// SPDX-License-Identifier: MIT
// A fair counter of permits: the whole of `Semaphore`, and the lock inside `Mutex`, `RwLock` and
// `OnceCell`.
//
// One word holds the free permits and two flags:
//
//     63                                   2          1        0
//    +--------------------------------------+---------+--------+
//    | permits that nobody holds            | waiters | closed |
//    +--------------------------------------+---------+--------+
//
// As long as nobody waits, taking and returning permits is one compare-and-swap. Whoever does not
// find enough takes what is there and queues for the rest, so **while there are waiters no permit
// is free**: newcomers cannot barge past the queue, and need not look at it. Returned permits then
// go to the head of the queue, under the lock, until it has all it wants; only then to the next.
//
// `kWaiters` and the list change together, under the lock: outside of it the flag is set exactly if
// the list is not empty. While it is set, only `close` changes the word without the lock.
//
// Permits become free only by a compare-and-swap outside the lock, as the last thing that a
// releasing thread does here. So whoever gets the last permit may destroy the semaphore.
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/task/promise.hpp"

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace edo::detail {

class AcquireWait;

class SemaphoreCore {
public:
    /// One bit less than there is room for: permits may be added while others are held.
    static constexpr std::size_t kMaxPermits = std::numeric_limits<std::size_t>::max() >> 3;

    enum class Try : std::uint8_t { Acquired, NoPermits, Closed };

    /// At most `kMaxPermits`.
    explicit SemaphoreCore(std::size_t permits) noexcept : word_(permits << kShift) {}
    SemaphoreCore(const SemaphoreCore&) = delete;
    SemaphoreCore& operator=(const SemaphoreCore&) = delete;

    Try try_acquire(std::size_t count) noexcept {
        // Acquire pairs with the release of `release` and `close`: what the last holder did, and
        // what was done before closing, is seen here.
        std::size_t word = word_.load(std::memory_order_acquire);
        for (;;) {
            if ((word & kClosed) != 0) {
                return Try::Closed;
            }
            if ((word >> kShift) < count) {
                return Try::NoPermits;
            }
            if (word_.compare_exchange_weak(word, word - (count << kShift),
                                            std::memory_order_acquire)) {
                return Try::Acquired;
            }
        }
    }

    /// Returns permits, to the waiters first. The semaphore may be gone afterwards.
    void release(std::size_t count) noexcept {
        if (!free_unless_waiters(count)) {
            release_to_waiters(count);
        }
    }

    /// Takes up to `count` free permits away; returns how many.
    std::size_t forget(std::size_t count) noexcept;

    /// From now on, and for those who wait, there is only `Closed`.
    void close() noexcept;

    [[nodiscard]] std::size_t available() const noexcept {
        return word_.load(std::memory_order_acquire) >> kShift;
    }
    [[nodiscard]] bool is_closed() const noexcept {
        return (word_.load(std::memory_order_acquire) & kClosed) != 0;
    }

private:
    friend class AcquireWait;

    static constexpr std::size_t kClosed = 1;
    static constexpr std::size_t kWaiters = 2;
    static constexpr unsigned kShift = 2;

    /// Makes permits free, unless somebody waits for them.
    bool free_unless_waiters(std::size_t count) noexcept {
        std::size_t word = word_.load(std::memory_order_relaxed);
        while ((word & kWaiters) == 0) {
            // Release: what the holder did comes before what the next holder does.
            if (word_.compare_exchange_weak(word, word + (count << kShift),
                                            std::memory_order_release, std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }
    void release_to_waiters(std::size_t count) noexcept;
    std::size_t hand_out(std::size_t count) noexcept;

    bool enqueue(AcquireWait& wait) noexcept;
    void cancel(AcquireWait& wait) noexcept;
    void unlink(AcquireWait& wait) noexcept;

    std::atomic<std::size_t> word_;
    SpinLock lock_;
    LeafList waiters_;  // all are `AcquireWait`s; guarded by `lock_`
};

/// Waits for permits. `co_await` yields whether it got them; false means that the semaphore is
/// closed. Destroyed while it waits, or when it has been given permits and was not resumed yet, it
/// returns what it has.
class AcquireWait : public HookLeaf {
public:
    AcquireWait(SemaphoreCore& core, std::size_t count) noexcept
        : HookLeaf(&AcquireWait::on_wake), core_(&core), wanted_(count) {}
    ~AcquireWait() { stop(); }

    [[nodiscard]] bool await_ready() noexcept {
        charged_ = spend_budget();
        return charged_ && try_now();
    }
    bool await_suspend(TaskHandle task) noexcept;
    [[nodiscard]] bool await_resume() const noexcept { return state_ == State::Granted; }

protected:
    /// For the destructor of a derived class that keeps the semaphore alive.
    void stop() noexcept;

private:
    friend class SemaphoreCore;

    enum class State : std::uint8_t { Waiting, Granted, Closed };

    bool try_now() noexcept {
        switch (core_->try_acquire(wanted_)) {
            case SemaphoreCore::Try::Acquired:
                state_ = State::Granted;
                return true;
            case SemaphoreCore::Try::Closed:
                state_ = State::Closed;
                return true;
            case SemaphoreCore::Try::NoPermits:
                break;
        }
        return false;
    }
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;

    SemaphoreCore* core_;
    std::size_t wanted_;
    std::size_t missing_ = 0;       // while it is queued: guarded by the semaphore's lock
    State state_ = State::Waiting;  // the same
    bool charged_ = false;
    bool queued_ = false;  // it was put into the queue once; whoever took it out set `state_`
};

/// Makes an `AcquireWait` in the awaiting frame. (g++ 12 would copy an awaiter that is awaited
/// itself.)
class AcquirePermits {
public:
    AcquirePermits(SemaphoreCore& core, std::size_t count) noexcept : core_(&core), count_(count) {}
    AcquireWait operator co_await() const noexcept { return {*core_, count_}; }

private:
    SemaphoreCore* core_;
    std::size_t count_;
};

/// Permits that somebody holds: returned on destruction.
class Permits {
public:
    Permits() noexcept = default;
    Permits(SemaphoreCore& core, std::size_t count) noexcept : core_(&core), count_(count) {}
    Permits(Permits&& other) noexcept
        : core_(other.core_), count_(std::exchange(other.count_, 0)) {}
    Permits& operator=(Permits&& other) noexcept {
        Permits old(std::move(*this));
        core_ = other.core_;
        count_ = std::exchange(other.count_, 0);
        return *this;
    }
    ~Permits() { give_back(); }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] SemaphoreCore* core() const noexcept { return core_; }

    /// Returns them now.
    void give_back() noexcept { give_back(count_); }
    /// Returns some of them, not more than there are.
    void give_back(std::size_t count) noexcept {
        if (count != 0) {
            count_ -= count;
            core_->release(count);
        }
    }
    /// They are never returned.
    void forget() noexcept { count_ = 0; }
    /// Moves `count` of them, not more than there are, into another object.
    [[nodiscard]] Permits split(std::size_t count) noexcept {
        count_ -= count;
        return {*core_, count};
    }
    /// Takes over those of another object of the same semaphore.
    void merge(Permits&& other) noexcept { count_ += std::exchange(other.count_, 0); }

private:
    SemaphoreCore* core_ = nullptr;
    std::size_t count_ = 0;
};

/// Waits on a plain thread; false when the semaphore is closed.
/// @throws UsageError naming `what` if the thread runs tasks.
bool blocking_acquire(const char* what, SemaphoreCore& core, std::size_t count);

}  // namespace edo::detail
