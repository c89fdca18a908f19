// SPDX-License-Identifier: MIT
#include "edo/runtime/asio_interop.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/diagnostics/log.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <csignal>
#include <mutex>
#include <pthread.h>
#include <string>
#include <thread>

namespace edo {

namespace detail {

// ---- the cell ----------------------------------------------------------------------------------

AsioCell::~AsioCell() {
    // One after the other, since a chain of owners would be destroyed recursively.
    while (first_ != nullptr) {
        first_ = std::move(first_->next);
    }
}

void AsioCell::submit(std::unique_ptr<AsioStep> step) noexcept {
    std::unique_lock guard(lock_);
    if (abandoned_) {
        guard.unlock();
        return;
    }
    AsioStep* const added = step.get();
    (first_ != nullptr ? last_->next : first_) = std::move(step);
    last_ = added;
    wake(guard);
}

void AsioCell::finish() noexcept {
    std::unique_lock guard(lock_);
    done_ = true;
    wake(guard);
}

/// Gives the lock up, and delivers the leaf if it waits.
void AsioCell::wake(std::unique_lock<SpinLock>& guard) noexcept {
    Leaf* const leaf = std::exchange(waiting_, nullptr);
    guard.unlock();
    if (leaf != nullptr) {
        leaf->wake();
    }
}

AsioCell::Next AsioCell::next(Leaf& leaf, std::unique_ptr<AsioStep>& step) noexcept {
    const std::lock_guard guard(lock_);
    if (first_ != nullptr) {
        step = std::move(first_);
        first_ = std::move(step->next);
        return Next::Step;
    }
    if (done_) {
        return Next::Done;
    }
    waiting_ = &leaf;
    return Next::Wait;
}

bool AsioCell::stop_waiting(Leaf& leaf) noexcept {
    const std::lock_guard guard(lock_);
    return std::exchange(waiting_, nullptr) == &leaf;
}

void AsioCell::abandon() noexcept {
    std::unique_lock guard(lock_);
    if (!done_) {
        guard.unlock();
        cancel_.emit(boost::asio::cancellation_type::all);
        guard.lock();
    }
    abandoned_ = true;
    std::unique_ptr<AsioStep> steps = std::move(first_);
    guard.unlock();
    while (steps != nullptr) {
        steps = std::move(steps->next);
    }
}

// ---- the wait ----------------------------------------------------------------------------------

void AsioWait::begin() noexcept {
    charged_ = spend_budget();
    in_flight_.emplace();
}

bool AsioWait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    return !poll();
}

/// Runs what the operation wants to run. True when it is complete; else the leaf waits.
bool AsioWait::poll() noexcept {
    for (;;) {
        std::unique_ptr<AsioStep> step;
        switch (cell_->next(*this, step)) {
            case AsioCell::Next::Done:
                unbind();
                return true;
            case AsioCell::Next::Wait:
                return false;
            case AsioCell::Next::Step:
                break;
        }
        try {
            step->run();
        } catch (...) {
            cell_->fail(std::current_exception());
            cell_->finish();
        }
        if (!spend_budget()) {
            wake_next_turn();
            return false;
        }
    }
}

std::coroutine_handle<> AsioWait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<AsioWait&>(leaf);
    self.rebind();
    return self.poll() ? self.handle() : nullptr;
}

AsioWait::~AsioWait() {
    if (is_suspended()) {
        if (cell_->stop_waiting(*this)) {
            unbind();
        } else {
            withdraw();
        }
    }
    if (in_flight_) {
        cell_->abandon();
    }
}

void AsioWait::rethrow_error() const {
    if (cell_->error() != nullptr) {
        std::rethrow_exception(cell_->error());
    }
}

// ---- the io_context of the process -------------------------------------------------------------

namespace {

/// An `io_context` and the thread that runs it. Never destroyed: a socket must not outlive its
/// `io_context`, and tasks, runtimes and static variables may all hold sockets.
class AsioThread {
public:
    AsioThread() {
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);  // no handler of the program runs over there
        try {
            std::thread([this] { run(); }).detach();
        } catch (...) {
            pthread_sigmask(SIG_SETMASK, &before, nullptr);
            throw;
        }
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    boost::asio::io_context io{1};

private:
    void run() noexcept {
        pthread_setname_np(pthread_self(), "edo-asio");
        for (;;) {
            try {
                io.restart();  // after a `stop`, by whom ever
                io.run();
            } catch (const std::exception& error) {
                log_error(std::string("a handler on asio_context() has thrown: ") + error.what());
            } catch (...) {
                log_error("a handler on asio_context() has thrown");
            }
        }
    }

    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_{
        io.get_executor()};
};

}  // namespace

}  // namespace detail

boost::asio::io_context& asio_context() {
    static auto* const instance = new detail::AsioThread;
    return instance->io;
}

}  // namespace edo
