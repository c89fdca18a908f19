// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/task/promise.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>

namespace edo::sync {

/// What a wait at a `Barrier` yields.
class BarrierWaitResult {
public:
    explicit BarrierWaitResult(bool is_leader) noexcept : is_leader_(is_leader) {}
    /// Whether this is the one of the round, the last to arrive, that may do what is to be done
    /// once.
    [[nodiscard]] bool is_leader() const noexcept { return is_leader_; }

private:
    bool is_leader_;
};

/// Lets a number of tasks wait for each other: all go on when the last one has arrived. Then the
/// next round begins.
///
/// Whatever they did before they arrived is seen by all who go on.
///
/// @par Cancel safety
/// Cancel safe, unlike Tokio's: a task that goes away before the last one has arrived has not
/// arrived.
///
/// @par Thread safety
/// `wait` may be called from any thread, inside any runtime.
///
/// @par Misuse
/// It must outlive those who wait. If more tasks use it than it was made for, they mix with those
/// of the next round.
///
/// @par Example
/// @snippet sync.cpp barrier
class Barrier {
public:
    /// @param tasks How many arrive in each round; 0 behaves as 1.
    explicit Barrier(std::size_t tasks) noexcept : tasks_(tasks == 0 ? 1 : tasks) {}
    Barrier(const Barrier&) = delete;
    Barrier& operator=(const Barrier&) = delete;

    class Wait;
    /// Arrives, and waits for the others. Yields a `BarrierWaitResult`.
    [[nodiscard]] Wait wait() noexcept;

private:
    class Awaiter;

    bool arrive(Awaiter& awaiter) noexcept;
    void open() noexcept;
    void leave(Awaiter& awaiter) noexcept;

    const std::size_t tasks_;
    detail::SpinLock lock_;
    std::size_t arrived_ = 0;   // in this round; guarded by `lock_` as all below
    std::uint64_t round_ = 0;   // rounds that are over
    detail::LeafList waiting_;  // those of earlier rounds, on their way out, stand in front
};

class Barrier::Awaiter : public detail::HookLeaf {
public:
    explicit Awaiter(Barrier& barrier) noexcept : HookLeaf(&Awaiter::on_wake), barrier_(&barrier) {}
    ~Awaiter() {
        if (is_suspended()) {
            stop();
        }
    }
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(detail::TaskHandle task) noexcept;
    BarrierWaitResult await_resume() const noexcept { return BarrierWaitResult(is_leader_); }

private:
    friend class Barrier;

    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
    void stop() noexcept;

    Barrier* barrier_;
    std::uint64_t round_ = 0;  // in which it has arrived
    bool arrived_ = false;
    bool is_leader_ = false;
};

/// What `wait` returns: arrives when it is awaited, each time anew.
class [[nodiscard("wait() does nothing until it is awaited")]] Barrier::Wait {
public:
    Awaiter operator co_await() const noexcept { return Awaiter(*barrier_); }

private:
    friend class Barrier;
    explicit Wait(Barrier& barrier) noexcept : barrier_(&barrier) {}

    Barrier* barrier_;
};

inline Barrier::Wait Barrier::wait() noexcept {
    return Wait(*this);
}

}  // namespace edo::sync
