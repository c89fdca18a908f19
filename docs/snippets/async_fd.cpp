// SPDX-License-Identifier: MIT
// The examples in the documentation of AsyncFd and OwnedFd.
#include <edo/edo.hpp>
#include <edo/net/async_fd.hpp>
#include <edo/runtime/io/owned_fd.hpp>

#include <cerrno>
#include <cstdint>
#include <iostream>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

//! [owned_fd]
edo::io::OwnedFd make_timer(long nanoseconds) {
    edo::io::OwnedFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    itimerspec when{};
    when.it_value.tv_nsec = nanoseconds;
    ::timerfd_settime(timer.descriptor(), 0, &when, nullptr);
    return timer;  // closed by whoever has it last
}
//! [owned_fd]

edo::Result<std::uint64_t> read_count(const edo::io::OwnedFd& timer) {
    std::uint64_t count = 0;
    if (::read(timer.descriptor(), &count, sizeof count) < 0) {
        return edo::failure(std::error_code(errno, std::generic_category()));
    }
    return count;
}

//! [timer]
edo::Task<edo::Result<std::uint64_t>> wait_for(edo::io::OwnedFd timer) {
    using Timer = edo::net::AsyncFd<edo::io::OwnedFd>;
    const Timer waiting = co_await edo::propagate(Timer::create(std::move(timer)));
    for (;;) {
        auto guard = co_await edo::propagate(co_await waiting.readable());
        const auto count = guard.try_io([&] { return read_count(waiting.inner()); });
        if (count || count.error() != std::errc::operation_would_block) {
            co_return count;
        }
        // A false alarm: `try_io` has cleared the readiness, so wait again.
    }
}
//! [timer]

//! [async_io]
edo::Task<edo::Result<std::uint64_t>> wait_in_one_call(
    const edo::net::AsyncFd<edo::io::OwnedFd>& timer) {
    co_return co_await timer.async_io(edo::net::Interest::Readable, read_count);
}
//! [async_io]

//! [interest]
edo::Task<edo::Result<bool>> has_news(const edo::net::AsyncFd<edo::io::OwnedFd>& device) {
    using edo::net::Interest;
    auto guard = co_await edo::propagate(
        co_await device.ready(Interest::Readable | Interest::Priority | Interest::Error));
    co_return !guard.ready().is_error();
}
//! [interest]

edo::Task<int> show() {
    const auto first = co_await wait_for(make_timer(1'000'000));
    const auto timer = edo::net::AsyncFd<edo::io::OwnedFd>::create(make_timer(1'000'000));
    const auto news = co_await has_news(timer.value());
    const auto second = co_await wait_in_one_call(timer.value());
    std::cout << first.value() << ' ' << second.value() << '\n';
    co_return news.value() ? 0 : 1;
}

}  // namespace

int main() {
    return edo::run(show());
}
