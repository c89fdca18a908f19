// SPDX-License-Identifier: MIT
// What an operation of Boost.Asio and the task that awaits it share.
//
// The operation owns a counted cell, never a pointer into a coroutine frame. All that it wants to
// run (the steps of a composed operation, at last the completion) goes through the cell's executor,
// which only queues it and wakes the task: it runs in the task, on the thread that holds the task's
// RUNNING state. So the socket, the buffers and the cancellation slot that the operation uses are
// touched by that thread alone, as if the operation were written with edo.
//
// When the frame is destroyed first, its awaiter asks the operation to stop, there and then:
// afterwards Asio's reactor does not touch the buffers any more, and the socket may be destroyed.
// (A request that is posted would find them gone.) What the operation still wants to run later is
// destroyed instead.
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"
#include "edo/runtime/task/promise.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace edo::detail {

/// One function that an operation wants to run.
class AsioStep {
public:
    AsioStep() = default;
    AsioStep(const AsioStep&) = delete;
    AsioStep& operator=(const AsioStep&) = delete;
    virtual ~AsioStep() = default;

    virtual void run() = 0;

    std::unique_ptr<AsioStep> next;
};

template <class Function>
class AsioFunction final : public AsioStep {
public:
    template <class F>
    explicit AsioFunction(F&& function) : function_(std::forward<F>(function)) {}
    void run() override { std::move(function_)(); }

private:
    Function function_;
};

/// The shared cell; the values that the operation yields come in below.
class AsioCell {
public:
    AsioCell() = default;
    AsioCell(const AsioCell&) = delete;
    AsioCell& operator=(const AsioCell&) = delete;
    ~AsioCell();

    // ---- for the operation, on any thread ----

    /// Queues a function for the task, or destroys it when nobody waits any more.
    void submit(std::unique_ptr<AsioStep> step) noexcept;
    /// The operation is over: it has stored its values, or will never do so.
    void finish() noexcept;

    [[nodiscard]] boost::asio::cancellation_slot slot() noexcept { return cancel_.slot(); }

    // ---- for the task, on the thread that runs it ----

    enum class [[nodiscard]] Next : unsigned char { Step, Done, Wait };
    /// What to do now: run the step that it hands out, resume, or wait, in which case the leaf is
    /// registered.
    Next next(Leaf& leaf, std::unique_ptr<AsioStep>& step) noexcept;
    /// Takes the leaf back; false when a waker has claimed it.
    bool stop_waiting(Leaf& leaf) noexcept;
    /// Nobody waits any more.
    void abandon() noexcept;

    /// A step has thrown: the operation will never complete.
    void fail(std::exception_ptr error) noexcept { error_ = std::move(error); }
    [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }

private:
    void wake(std::unique_lock<SpinLock>& guard) noexcept;

    SpinLock lock_;
    bool done_ = false;  // guarded by `lock_`, as is what follows
    bool abandoned_ = false;
    Leaf* waiting_ = nullptr;
    std::unique_ptr<AsioStep> first_;
    AsioStep* last_ = nullptr;

    // Touched only by the thread that runs the task, and by the last owner.
    boost::asio::cancellation_signal cancel_;
    std::exception_ptr error_;
};

/// The wait for an operation, without its types.
class AsioWait : public HookLeaf {
public:
    bool await_suspend(TaskHandle task) noexcept;

protected:
    explicit AsioWait(std::shared_ptr<AsioCell> cell) noexcept
        : HookLeaf(&AsioWait::on_wake), cell_(std::move(cell)) {}
    ~AsioWait();

    /// The operation is about to start.
    void begin() noexcept;
    /// Throws what a step of the operation has thrown.
    void rethrow_error() const;

private:
    [[nodiscard]] bool poll() noexcept;
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;

    const std::shared_ptr<AsioCell> cell_;
    std::optional<ExternalWork> in_flight_;
    bool charged_ = false;
};

}  // namespace edo::detail
