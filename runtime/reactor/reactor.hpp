// SPDX-License-Identifier: MIT
// The interface between the runtime and whatever tells it that descriptors are ready.
//
// One reactor a worker. `turn` is called by its worker, and by an idle worker when the owner is
// stuck; everything else may be called by any thread.
#pragma once

#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/reactor/io_source.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>

namespace edo::detail {

class Reactor : public std::enable_shared_from_this<Reactor> {
public:
    Reactor() = default;
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;
    virtual ~Reactor() = default;

    /// What one turn did.
    struct Turned {
        std::size_t events = 0;
        bool woken = false;     ///< a `wake` was consumed
        bool attended = false;  ///< a reactor that this one attends may have events
    };

    /// Waits for events up to `timeout` (none: for ever) and delivers them.
    virtual Turned turn(std::optional<std::chrono::milliseconds> timeout) noexcept = 0;

    /// Makes the current or the next `turn` return at once.
    virtual void wake() noexcept = 0;

    /// From now on a turn of this reactor ends, too, when `other`, of the same kind, gets events.
    /// It says so and leaves them there. False where that is not possible: this kind cannot, or
    /// `other` attends this one already.
    [[nodiscard]] virtual bool attend(Reactor& /*other*/) noexcept { return false; }
    virtual void stop_attending(Reactor& /*other*/) noexcept {}

    /// Someone is about to wait in that direction, and the remembered readiness is used up. Called
    /// under the source's lock.
    [[nodiscard]] virtual std::error_code want(IoSource& source, Direction direction) noexcept = 0;

    /// Starts watching the source in all directions.
    [[nodiscard]] std::error_code add(IoSource& source) noexcept;
    void remove(IoSource& source) noexcept;

    /// From now on a turn that finds `descriptor`, that of signals, readable calls
    /// `dispatch_signals`. Called under the lock of the signals.
    [[nodiscard]] std::error_code hear_signals(int descriptor) noexcept;

    /// Fails all waiting operations, now and later.
    void shut_down() noexcept;

    [[nodiscard]] std::size_t size() noexcept;
    /// How many sources were ever added.
    [[nodiscard]] std::uint64_t added() noexcept;

protected:
    [[nodiscard]] virtual std::error_code watch(IoSource& source) noexcept = 0;
    virtual void unwatch(IoSource& source) noexcept = 0;
    [[nodiscard]] virtual std::error_code watch_signals(int descriptor) noexcept = 0;
    /// The first part of `shut_down`.
    virtual void on_shut_down() noexcept {}

private:
    [[nodiscard]] std::shared_ptr<Reactor> unlink(IoSource& source) noexcept;

    SpinLock lock_;
    bool shut_down_ = false;
    std::atomic<bool> hears_signals_{false};  // false again after `shut_down`
    IoSource* sources_ = nullptr;             // all registered, for `shut_down`
    std::shared_ptr<Reactor> self_;           // while there are any: they refer to it
    std::size_t size_ = 0;
    std::uint64_t added_ = 0;
};

/// The reactor of the worker that runs the calling thread's task, or another of the same runtime;
/// null when the runtime is gone. Provided by the scheduler.
[[nodiscard]] std::shared_ptr<Reactor> reactor_for_current_task() noexcept;

/// The one reactor of the calling task's runtime that hears signals, so that a signal rouses no
/// more than one worker; null outside of a runtime. It lives as long as the turn of the task.
/// Provided by the scheduler.
[[nodiscard]] Reactor* reactor_for_signals() noexcept;

/// For reactors that hear signals: the descriptor is readable. Provided by the signals, as is the
/// next one.
void dispatch_signals() noexcept;
/// A reactor that has heard signals is shut down: who waits for one tries again. To be called
/// without a lock.
void retry_signal_waits() noexcept;

[[nodiscard]] std::shared_ptr<Reactor> make_epoll_reactor();
[[nodiscard]] std::shared_ptr<Reactor> make_asio_reactor();
/// For a worker that is the only one of its runtime: its reactor may be turned by one thread at a
/// time, though not always by the same. Null, and a line in the log, where the system refuses it or
/// edo was built without it.
[[nodiscard]] std::shared_ptr<Reactor> make_uring_reactor();

}  // namespace edo::detail
