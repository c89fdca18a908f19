// SPDX-License-Identifier: MIT
// What tests put into tasks to watch and to steer them.
#pragma once

#include <edo/runtime/core/leaf.hpp>
#include <edo/runtime/core/spin_lock.hpp>
#include <edo/runtime/task/promise.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace edo::test {

/// Something that happens once. Tasks await it, threads `wait` for it, anybody sets it. It may be
/// destroyed as soon as it was seen to be set, even while `set` has not returned yet.
class Event {
    struct State {
        detail::SpinLock lock;
        std::atomic<bool> set{false};
        detail::LeafList waiting;
    };

public:
    Event() = default;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    void set() noexcept {
        const std::shared_ptr<State> state = state_;
        const std::lock_guard guard(state->lock);
        state->set.store(true, std::memory_order_release);
        state->set.notify_all();
        state->waiting.wake_all();
    }
    [[nodiscard]] bool is_set() const noexcept {
        return state_->set.load(std::memory_order_acquire);
    }

    /// Blocks the calling thread.
    void wait() const noexcept { state_->set.wait(false, std::memory_order_acquire); }

    class [[nodiscard]] Awaiter : public detail::Leaf {
    public:
        explicit Awaiter(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
        ~Awaiter() {
            if (is_suspended() && !unlink()) {
                withdraw();
            }
        }
        [[nodiscard]] bool await_ready() const noexcept {
            return state_->set.load(std::memory_order_acquire);
        }
        bool await_suspend(detail::TaskHandle task) noexcept {
            bind(task.handle());
            const std::lock_guard guard(state_->lock);
            if (await_ready()) {
                unbind();
                return false;
            }
            state_->waiting.push_back(*this);
            return true;
        }
        void await_resume() const noexcept {}

    private:
        bool unlink() noexcept {
            const std::lock_guard guard(state_->lock);
            if (!is_linked()) {
                return false;
            }
            state_->waiting.remove(*this);
            unbind();
            return true;
        }
        std::shared_ptr<State> state_;
    };
    /// Waits in a task. Charges no budget.
    Awaiter operator co_await() & noexcept { return Awaiter(state_); }

private:
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// Something that happens again and again: each `notify` lets one wait end, now or later.
class Signal {
public:
    Signal() = default;
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    void notify() noexcept {
        const std::lock_guard guard(lock_);
        if (detail::Leaf* const leaf = waiting_.pop_front()) {
            leaf->wake();
        } else {
            ++stored_;
        }
    }

    class [[nodiscard]] Awaiter : public detail::Leaf {
    public:
        explicit Awaiter(Signal& signal) noexcept : signal_(signal) {}
        ~Awaiter() {
            if (!is_suspended()) {
                return;
            }
            {
                const std::lock_guard guard(signal_.lock_);
                if (is_linked()) {
                    signal_.waiting_.remove(*this);
                    unbind();
                    return;
                }
            }
            withdraw();
            signal_.notify();  // it was chosen and goes away: the next one gets it
        }
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        bool await_suspend(detail::TaskHandle task) noexcept {
            bind(task.handle());
            const std::lock_guard guard(signal_.lock_);
            if (signal_.stored_ > 0) {
                --signal_.stored_;
                unbind();
                return false;
            }
            signal_.waiting_.push_back(*this);
            return true;
        }
        void await_resume() const noexcept {}

    private:
        Signal& signal_;
    };
    /// Waits in a task. Charges no budget.
    Awaiter operator co_await() & noexcept { return Awaiter(*this); }

private:
    detail::SpinLock lock_;
    std::size_t stored_ = 0;
    detail::LeafList waiting_;
};

/// Adds one to a counter when it is destroyed; a moved-from one does not.
class CountsDestruction {
public:
    explicit CountsDestruction(std::atomic<int>& counter) noexcept : counter_(&counter) {}
    CountsDestruction(CountsDestruction&& other) noexcept
        : counter_(std::exchange(other.counter_, nullptr)) {}
    CountsDestruction& operator=(CountsDestruction&&) = delete;
    ~CountsDestruction() {
        if (counter_ != nullptr) {
            counter_->fetch_add(1);
        }
    }

private:
    std::atomic<int>* counter_;
};

}  // namespace edo::test
