// SPDX-License-Identifier: MIT
#include "edo/runtime/signal/signal.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/signal/signal_registry.hpp"

#include <csignal>
#include <utility>

namespace edo::detail {

SignalRecv::SignalRecv(signal::Signal& signal) noexcept
    : GuardedWait(SignalRegistry::instance().waiters, &SignalRecv::attempt), signal_(&signal) {}

bool SignalRecv::attempt(GuardedWait& wait) noexcept {
    auto& self = static_cast<SignalRecv&>(wait);
    signal::Signal& signal = *self.signal_;
    SignalRegistry& registry = SignalRegistry::instance();
    const std::uint64_t count = registry.arrived(signal.number_);
    if (std::exchange(signal.seen_, count) != count) {
        return true;
    }
    // A signal that comes from here on makes the reactor's turn wait for the lock, and then finds
    // this wait in the list.
    self.error_ = registry.hear();
    return bool(self.error_);
}

void SignalRecv::await_resume() const {
    if (!error_) {
        return;
    }
    if (error_ == Errc::RuntimeShutdown) {
        throw UsageError(
            "edo: Signal::recv needs a runtime: this thread is inside none, or it has been shut "
            "down");
    }
    throw std::system_error(error_, "edo: a runtime cannot listen for signals");
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
