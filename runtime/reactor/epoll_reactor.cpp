// SPDX-License-Identifier: MIT
#include "edo/runtime/reactor/epoll_reactor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace edo::detail {

namespace {

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

// In place of a source, which is an address.
constexpr std::uint64_t kWoken = 0;
constexpr std::uint64_t kAttended = 1;
constexpr std::uint64_t kSignal = 2;
constexpr std::uint64_t kLastOfThese = kSignal;

constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours(1);

Readiness readiness_of(std::uint32_t events) noexcept {
    Readiness readiness;
    const bool error = (events & EPOLLERR) != 0;
    const bool hung_up = (events & EPOLLHUP) != 0;
    readiness.readable = error || (events & EPOLLIN) != 0;
    readiness.writable = error || (events & EPOLLOUT) != 0;
    // Urgent data too: a read stops short in front of it, although there is more behind.
    readiness.read_lasting = hung_up || (events & (EPOLLRDHUP | EPOLLPRI)) != 0;
    readiness.write_lasting = hung_up;
    readiness.except = error || (events & EPOLLPRI) != 0;
    readiness.except_lasting = hung_up || (events & EPOLLRDHUP) != 0;
    return readiness;
}

}  // namespace

EpollReactor::EpollReactor() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) {
        throw_errno("edo: cannot create an epoll instance");
    }
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = kWoken;
    if (wake_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) {
        const int error = errno;
        ::close(epoll_);
        if (wake_ >= 0) {
            ::close(wake_);
        }
        errno = error;
        throw_errno("edo: cannot create the reactor's wake-up descriptor");
    }
}

EpollReactor::~EpollReactor() {
    ::close(wake_);
    ::close(epoll_);
}

Reactor::Turned EpollReactor::turn(std::optional<std::chrono::milliseconds> timeout) noexcept {
    // On the stack, so that an idle worker can turn this reactor beside its stuck owner.
    std::array<epoll_event, kEventsPerTurn> events;  // NOLINT: filled by the kernel
    const int wait_ms =
        timeout ? static_cast<int>(std::min<std::int64_t>(timeout->count(), kLongestWait.count()))
                : -1;
    const int count = ::epoll_wait(epoll_, events.data(), kEventsPerTurn, wait_ms);
    Turned turned;
    for (int i = 0; i < count; ++i) {  // -1 (EINTR) is a turn without events
        const epoll_event& event = events[std::size_t(i)];
        if (event.data.u64 > kLastOfThese) [[likely]] {
            static_cast<IoSource*>(event.data.ptr)->deliver(readiness_of(event.events));
            ++turned.events;
        } else if (event.data.u64 == kWoken) {
            turned.woken = true;
        } else if (event.data.u64 == kAttended) {
            turned.attended = true;
        } else {
            dispatch_signals();
            ++turned.events;
        }
    }
    return turned;
}

void EpollReactor::wake() noexcept {
    // Edge-triggered, the counter need not be read: each write is a new edge. Were it ever full,
    // reading it makes room.
    const std::uint64_t one = 1;
    while (::write(wake_, &one, sizeof one) < 0 && errno == EAGAIN) {
        std::uint64_t drained = 0;
        [[maybe_unused]] const auto n = ::read(wake_, &drained, sizeof drained);
    }
}

bool EpollReactor::attend(Reactor& other) noexcept {
    epoll_event event{};
    // An edge for each event that comes: who finds that it need not act is not asked again.
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = kAttended;
    const int descriptor = static_cast<EpollReactor&>(other).epoll_;
    return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void EpollReactor::stop_attending(Reactor& other) noexcept {
    epoll_event ignored{};
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, static_cast<EpollReactor&>(other).epoll_, &ignored);
}

std::error_code EpollReactor::want(IoSource& /*source*/, Direction /*direction*/) noexcept {
    return {};  // one registration reports every edge
}

namespace {

constexpr std::uint32_t kAllButReads = EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;

}  // namespace

std::error_code EpollReactor::watch(IoSource& source) noexcept {
    return control(EPOLL_CTL_ADD, source, EPOLLIN | kAllButReads);
}

std::error_code EpollReactor::watch_but_reads(IoSource& source) noexcept {
    return control(EPOLL_CTL_ADD, source, kAllButReads);
}

std::error_code EpollReactor::watch_reads_too(IoSource& source) noexcept {
    return control(EPOLL_CTL_MOD, source, EPOLLIN | kAllButReads);
}

std::error_code EpollReactor::control(int operation, IoSource& source,
                                      std::uint32_t events) const noexcept {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &source;
    if (::epoll_ctl(epoll_, operation, source.descriptor(), &event) != 0) {
        return {errno, std::generic_category()};
    }
    return {};
}

void EpollReactor::unwatch(IoSource& source) noexcept {
    epoll_event ignored{};  // kernels before 2.6.9 want one
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, source.descriptor(), &ignored);
}

std::error_code EpollReactor::watch_signals(int descriptor) noexcept {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = kSignal;
    // Once in each epoll instance; it is taken out when the instance is closed.
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        return {errno, std::generic_category()};
    }
    return {};
}

std::shared_ptr<Reactor> make_epoll_reactor() {
    return std::make_shared<EpollReactor>();
}

}  // namespace edo::detail
