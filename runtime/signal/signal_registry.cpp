// SPDX-License-Identifier: MIT
#include "edo/runtime/signal/signal_registry.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/reactor/reactor.hpp"

#include <atomic>
#include <cerrno>
#include <mutex>
#include <string>
#include <sys/eventfd.h>
#include <unistd.h>

namespace edo::detail {

namespace {

constexpr int kSignals = NSIG;

// All that the handler touches. Initialised before any code runs, and never destroyed.
constinit std::atomic<int> descriptor{-1};
constinit std::array<std::atomic<bool>, kSignals> pending{};

static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

extern "C" void on_signal(int number) {
    const int saved = errno;
    // Before the write: who drains the descriptor finds the mark. Release pairs with `take_mark`.
    pending[std::size_t(number)].store(true, std::memory_order_release);
    const std::uint64_t one = 1;
    // It fails only where the counter is full, and the descriptor readable.
    [[maybe_unused]] const auto n =
        ::write(descriptor.load(std::memory_order_acquire), &one, sizeof one);
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

/// Under the lock of the registry.
std::error_code open_descriptor() noexcept {
    if (descriptor.load(std::memory_order_relaxed) >= 0) {
        return {};
    }
    const int opened = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (opened < 0) {
        return {errno, std::generic_category()};
    }
    descriptor.store(opened, std::memory_order_release);
    return {};
}

}  // namespace

SignalRegistry& SignalRegistry::instance() {
    static auto* const registry = new SignalRegistry;  // never destroyed
    return *registry;
}

Result<std::uint64_t> SignalRegistry::add(int number) {
    if (!may_be_handled(number)) {
        return failure(refused(number));
    }
    const std::lock_guard guard(waiters.lock);
    if (const std::error_code error = open_descriptor()) {
        return failure(error);
    }
    // Now rather than at the first wait, whose failure would come as an exception.
    if (const std::error_code error = hear(); error && error != Errc::RuntimeShutdown) {
        return failure(error);
    }
    Entry& entry = entries_[std::size_t(number)];
    if (entry.listeners == 0 && !install(number)) {
        return failure(refused(number));
    }
    ++entry.listeners;
    return arrived(number);
}

/// For the first listener: what came before does not count.
bool SignalRegistry::install(int number) noexcept {
    pending[std::size_t(number)].store(false, std::memory_order_relaxed);
    struct sigaction action{};
    action.sa_handler = &on_signal;
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    return ::sigaction(number, &action, &entries_[std::size_t(number)].before) == 0;
}

void SignalRegistry::remove(int number) noexcept {
    const std::lock_guard guard(waiters.lock);
    if (--entries_[std::size_t(number)].listeners == 0) {
        uninstall(number);
    }
}

void SignalRegistry::uninstall(int number) noexcept {
    struct sigaction now{};
    ::sigaction(number, nullptr, &now);
    if (now.sa_handler == &on_signal) {  // else somebody else has put a handler there since
        ::sigaction(number, &entries_[std::size_t(number)].before, nullptr);
    }
}

/// Under the lock, so that `install` can forget what came before the first listener.
bool SignalRegistry::take_mark(std::size_t number) noexcept {
    // Most of the time there is none: the plain load spares the locked instruction.
    if (!pending[number].load(std::memory_order_relaxed) ||
        !pending[number].exchange(false, std::memory_order_acquire)) {
        return false;
    }
    ++entries_[number].count;
    return true;
}

std::uint64_t SignalRegistry::arrived(int number) noexcept {
    if (take_mark(std::size_t(number))) {
        waiters.leaves.wake_all();  // `dispatch` will not find the mark any more
    }
    return entries_[std::size_t(number)].count;
}

void SignalRegistry::dispatch() noexcept {
    const std::lock_guard guard(waiters.lock);
    // First, and under the lock: whatever has been written by now, its mark is found below. Several
    // runtimes hear of one signal, and all but one of them find nothing; where the reactor reports
    // a state and no edges, they would be told for ever if nobody read.
    std::uint64_t drained = 0;
    [[maybe_unused]] const auto n =
        ::read(descriptor.load(std::memory_order_relaxed), &drained, sizeof drained);
    bool any = false;
    for (std::size_t number = 1; number < kSignals; ++number) {
        any = take_mark(number) || any;
    }
    if (any) {
        waiters.leaves.wake_all();
    }
}

std::error_code SignalRegistry::hear() noexcept {
    Reactor* const reactor = reactor_for_signals();
    return reactor != nullptr ? reactor->hear_signals(descriptor.load(std::memory_order_relaxed))
                              : make_error_code(Errc::RuntimeShutdown);
}

void SignalRegistry::retry_waits() noexcept {
    const std::lock_guard guard(waiters.lock);
    waiters.leaves.wake_all();
}

void dispatch_signals() noexcept {
    SignalRegistry::instance().dispatch();
}

void retry_signal_waits() noexcept {
    SignalRegistry::instance().retry_waits();
}

std::size_t signal_descriptors() noexcept {
    return descriptor.load(std::memory_order_relaxed) >= 0 ? 1 : 0;
}

}  // namespace edo::detail
