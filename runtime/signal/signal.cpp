// SPDX-License-Identifier: MIT
//
// The handler of a signal may do next to nothing: it marks the signal and posts a semaphore. A
// thread of its own waits for that, and wakes the tasks. A semaphore needs no descriptor, works
// whichever runtimes come and go, and is not shared with a forked child, as a pipe would be.
#include "edo/runtime/signal/signal.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <pthread.h>
#include <semaphore.h>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace edo::detail {

namespace {

constexpr int kSignals = NSIG;

/// All that the handler touches.
struct HandlerState {
    HandlerState() noexcept { ::sem_init(&arrived, 0, 0); }

    ::sem_t arrived;
    std::array<std::atomic<bool>, kSignals> pending{};
};

HandlerState& handler_state() noexcept {
    static auto* const state = new HandlerState;  // never destroyed
    return *state;
}

// Set before the first handler is installed: a function-local static is no place for a handler.
std::atomic<HandlerState*> state_for_handler{nullptr};

extern "C" void on_signal(int number) {
    const int saved = errno;
    HandlerState* const state = state_for_handler.load(std::memory_order_acquire);
    // Release pairs with the acquire of the thread that takes the mark.
    state->pending[std::size_t(number)].store(true, std::memory_order_release);
    ::sem_post(&state->arrived);
    errno = saved;
}

/// Why a signal cannot be listened for. The value of an error is the number of the signal.
class RefusedSignal final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "edo.signal"; }

    [[nodiscard]] std::string message(int number) const override {
        const std::string which = "signal " + std::to_string(number);
        switch (number) {
            case SIGKILL:
            case SIGSTOP:
                return which + " cannot be listened for: the system lets no program handle it";
            case SIGILL:
            case SIGFPE:
            case SIGSEGV:
            case SIGBUS:
                return which +
                       " cannot be listened for: it reports a fault of the running instruction, "
                       "which would be repeated for ever";
            default:
                return which +
                       " cannot be listened for: there is no such signal, or it belongs to "
                       "the C library";
        }
    }

    [[nodiscard]] std::error_condition default_error_condition(
        int /*number*/) const noexcept override {
        return std::errc::invalid_argument;
    }
};

std::error_code refused(int number) noexcept {
    static const RefusedSignal category;
    return {number, category};
}

bool may_be_handled(int number) noexcept {
    switch (number) {
        case SIGKILL:
        case SIGSTOP:
        case SIGILL:
        case SIGFPE:
        case SIGSEGV:
        case SIGBUS:
            return false;
        default:
            return number > 0 && number < kSignals;
    }
}

}  // namespace

/// The listeners of the process, by signal.
class SignalRegistry {
public:
    static SignalRegistry& instance() {
        static auto* const registry = new SignalRegistry;  // never destroyed
        return *registry;
    }

    Waiters waiters;

    /// Counts one more listener; yields how many signals have arrived so far.
    Result<std::uint64_t> add(int number);
    void remove(int number) noexcept;

    /// How many signals of that number have arrived. Under the lock.
    [[nodiscard]] std::uint64_t count(int number) const noexcept {
        return entries_[std::size_t(number)].count;
    }

private:
    struct Entry {
        std::size_t listeners = 0;
        std::uint64_t count = 0;
        struct sigaction before{};
    };

    void start_thread();
    [[noreturn]] void dispatch() noexcept;

    // Guarded by the lock.
    std::array<Entry, kSignals> entries_;
    bool has_thread_ = false;
};

Result<std::uint64_t> SignalRegistry::add(int number) {
    if (!may_be_handled(number)) {
        return failure(refused(number));
    }
    const std::lock_guard guard(waiters.lock);
    Entry& entry = entries_[std::size_t(number)];
    if (entry.listeners == 0) {
        try {
            start_thread();
        } catch (const std::system_error&) {
            return failure(std::errc::resource_unavailable_try_again);
        }
        handler_state().pending[std::size_t(number)].store(false, std::memory_order_relaxed);
        struct sigaction action{};
        action.sa_handler = &on_signal;
        action.sa_flags = SA_RESTART | SA_ONSTACK;
        sigfillset(&action.sa_mask);
        if (::sigaction(number, &action, &entry.before) != 0) {
            return failure(refused(number));
        }
    }
    ++entry.listeners;
    return entry.count;
}

void SignalRegistry::remove(int number) noexcept {
    const std::lock_guard guard(waiters.lock);
    Entry& entry = entries_[std::size_t(number)];
    if (--entry.listeners > 0) {
        return;
    }
    struct sigaction now{};
    ::sigaction(number, nullptr, &now);
    if (now.sa_handler == &on_signal) {  // else somebody else has put a handler there since
        ::sigaction(number, &entry.before, nullptr);
    }
}

/// Starts the thread that the handlers talk to; it runs as long as the process. All signals are
/// blocked in it.
void SignalRegistry::start_thread() {
    if (has_thread_) {
        return;
    }
    state_for_handler.store(&handler_state(), std::memory_order_release);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        std::thread([this] { dispatch(); }).detach();
        has_thread_ = true;
    } catch (...) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void SignalRegistry::dispatch() noexcept {
    pthread_setname_np(pthread_self(), "edo-signal");
    HandlerState& state = handler_state();
    for (;;) {
        while (::sem_wait(&state.arrived) != 0) {  // EINTR
        }
        const std::lock_guard guard(waiters.lock);
        for (std::size_t number = 1; number < kSignals; ++number) {
            // Under the lock, so that `add` can forget what came before the first listener.
            if (state.pending[number].exchange(false, std::memory_order_acquire)) {
                ++entries_[number].count;
            }
        }
        waiters.leaves.wake_all();
    }
}

SignalRecv::SignalRecv(signal::Signal& signal) noexcept
    : GuardedWait(SignalRegistry::instance().waiters, &SignalRecv::attempt), signal_(&signal) {}

bool SignalRecv::attempt(GuardedWait& wait) noexcept {
    signal::Signal& signal = *static_cast<SignalRecv&>(wait).signal_;
    const std::uint64_t count = SignalRegistry::instance().count(signal.number_);
    return std::exchange(signal.seen_, count) != count;
}

}  // namespace edo::detail

namespace edo::signal {

Result<Signal> Signal::create(int number) {
    const Result<std::uint64_t> seen = detail::SignalRegistry::instance().add(number);
    if (!seen) {
        return failure(seen.error());
    }
    return Signal(number, *seen);
}

Signal::Signal(Signal&& other) noexcept
    : number_(std::exchange(other.number_, 0)), seen_(std::exchange(other.seen_, 0)) {}

Signal& Signal::operator=(Signal&& other) noexcept {
    Signal old(std::move(*this));
    number_ = std::exchange(other.number_, 0);
    seen_ = std::exchange(other.seen_, 0);
    return *this;
}

Signal::~Signal() {
    if (number_ != 0) {
        detail::SignalRegistry::instance().remove(number_);
    }
}

Task<Result<void>> ctrl_c() {
    Result<Signal> interrupt = Signal::create(SIGINT);
    if (!interrupt) {
        co_return failure(interrupt.error());
    }
    co_await interrupt->recv();
    co_return Result<void>();
}

}  // namespace edo::signal
