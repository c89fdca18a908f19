// SPDX-License-Identifier: MIT
// The part of `SetOnce` that does not depend on the value: who may set it, and who waits for it.
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/task/promise.hpp"

#include <atomic>
#include <coroutine>
#include <cstdint>

namespace edo::detail {

class SetOnceCore {
public:
    SetOnceCore() noexcept = default;
    SetOnceCore(const SetOnceCore&) = delete;
    SetOnceCore& operator=(const SetOnceCore&) = delete;

    [[nodiscard]] bool is_set() const noexcept {
        // Acquire pairs with the release in `publish`: the value is seen.
        return state_.load(std::memory_order_acquire) == State::Set;
    }

    /// Takes the right to set the value. At most one has it at a time, and it ends with `publish`
    /// or `give_up`.
    bool claim() noexcept {
        State expected = State::Empty;
        // Acquire pairs with the release in `give_up`, for the memory of the value.
        return state_.compare_exchange_strong(expected, State::Claimed, std::memory_order_acquire,
                                              std::memory_order_relaxed);
    }
    void give_up() noexcept { state_.store(State::Empty, std::memory_order_release); }
    /// The value is there: wakes all who wait. Whoever sees it may destroy this object.
    void publish() noexcept;

private:
    friend class SetOnceWait;

    enum class State : std::uint8_t { Empty, Claimed, Set };

    std::atomic<State> state_{State::Empty};
    SpinLock lock_;
    bool is_closed_ = false;  // all who waited were taken out; guarded by `lock_`
    LeafList waiting_;        // the same
};

/// Waits until the value is set.
class SetOnceWait : public HookLeaf {
public:
    explicit SetOnceWait(SetOnceCore& core) noexcept
        : HookLeaf(&SetOnceWait::on_wake), core_(&core) {}
    ~SetOnceWait() {
        if (is_suspended()) {
            stop();
        }
    }
    [[nodiscard]] bool await_ready() noexcept;
    bool await_suspend(TaskHandle task) noexcept;

private:
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
    bool link() noexcept;
    void stop() noexcept;

    SetOnceCore* core_;
    bool charged_ = false;
    bool linked_once_ = false;
};

}  // namespace edo::detail
