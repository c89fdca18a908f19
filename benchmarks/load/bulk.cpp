// SPDX-License-Identifier: MIT
#include "bulk.hpp"

#include "arguments.hpp"
#include "cpu_meter.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace load {

namespace {

constexpr std::chrono::seconds kConnectTime{10};
constexpr std::chrono::seconds kDrainTime{10};
// Every so many receives the bytes are looked at. The others are discarded in the kernel
// (MSG_TRUNC), so that this process does not become the limit.
constexpr unsigned kLookAtEvery = 16;

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Bulk::Bulk(const BulkOptions& options)
    : options_(options),
      clients_(options.connections),
      upstreams_(options.connections),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) {
        throw_errno("epoll_create1");
    }
}

Bulk::~Bulk() {
    for (const auto* ends : {&clients_, &upstreams_}) {
        for (const End& end : *ends) {
            if (end.fd >= 0) {
                ::close(end.fd);
            }
        }
    }
    ::close(listener_);
    ::close(epoll_);
}

void Bulk::listen_upstream() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int one = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address = options_.server;
    address.sin_port = htons(options_.upstream);
    if (listener_ < 0 ||
        bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_, 1024) != 0) {
        throw_errno("listen upstream");
    }
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) != 0) {
        throw_errno("epoll_ctl");
    }
}

/// Connects one after the other, each until it has come out behind the proxy.
void Bulk::connect_clients() {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        clients_[i].index = i;
        connect_client(clients_[i]);
        const auto deadline = Clock::now() + kConnectTime;
        while (accepted_ <= i) {
            if (Clock::now() > deadline) {
                throw UsageError{"the proxy makes no connection to the upstream port"};
            }
            turn(100);
        }
    }
}

void Bulk::connect_client(End& end) {
    end.is_client = true;
    end.sends = options_.up;
    end.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto* to = reinterpret_cast<const sockaddr*>(&options_.server);
    const std::uint64_t index = end.index;
    if (end.fd < 0 || connect(end.fd, to, sizeof options_.server) != 0 ||
        ::send(end.fd, &index, sizeof index, MSG_NOSIGNAL) != sizeof index) {
        throw_errno("connect to the proxy");
    }
    watch(end, EPOLL_CTL_ADD);
}

void Bulk::accept_upstream() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    // Blocking: the proxy has the eight bytes, or will have them at once.
    const timeval patience{.tv_sec = kConnectTime.count(), .tv_usec = 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::uint64_t index = 0;
    if (recv(fd, &index, sizeof index, MSG_WAITALL) != sizeof index || index >= upstreams_.size() ||
        upstreams_[index].fd >= 0) {
        ::close(fd);
        throw UsageError{"the proxy has changed the first bytes of a stream"};
    }
    End& end = upstreams_[index];
    end.fd = fd;
    end.index = index;
    end.sends = options_.down;
    ++accepted_;
    watch(end, EPOLL_CTL_ADD);
}

/// Says what the end waits for now.
void Bulk::watch(End& end, int operation) const {
    std::uint32_t wanted = 0;
    if (!end.is_at_end && !end.is_broken) {
        wanted |= EPOLLIN;
    }
    if (end.sends && !end.is_sending_over && !end.is_broken) {
        wanted |= EPOLLOUT;
    }
    epoll_event event{.events = wanted, .data = {.ptr = &end}};
    if (wanted == 0) {
        // An error would be reported for ever. It may have been taken out before.
        epoll_ctl(epoll_, EPOLL_CTL_DEL, end.fd, &event);
    } else if (epoll_ctl(epoll_, operation, end.fd, &event) != 0) {
        throw_errno("epoll_ctl");
    }
}

void Bulk::turn(int milliseconds) {
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(epoll_, events.data(), events.size(), milliseconds);
    if (count < 0 && errno != EINTR) {
        throw_errno("epoll_wait");
    }
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        auto* const end = static_cast<End*>(event.data.ptr);
        if (end == nullptr) {
            accept_upstream();
            continue;
        }
        if ((event.events & EPOLLOUT) != 0) {
            send(*end);
        }
        if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0 && !end->is_broken) {
            receive(*end);
        }
    }
}

void Bulk::send(End& end) {
    const auto bytes =
        stream_.window(ByteStream::start_of(end.index) + end.sent, ByteStream::kWindow);
    const ssize_t count = ::send(end.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
        end.sent += static_cast<std::uint64_t>(count);
    } else if (errno != EAGAIN && errno != EINTR) {
        end.is_broken = true;
        watch(end, EPOLL_CTL_MOD);
    }
}

void Bulk::receive(End& end) {
    const bool looks = end.receives++ % kLookAtEvery == 0;
    int flags = MSG_DONTWAIT;
    if (!looks) {
        flags |= MSG_TRUNC;
    }
    const ssize_t count = recv(end.fd, buffer_.data(), buffer_.size(), flags);
    if (count > 0) {
        const auto size = static_cast<std::size_t>(count);
        const auto expected = stream_.window(ByteStream::start_of(end.index) + end.received, size);
        if (looks && std::memcmp(buffer_.data(), expected.data(), size) != 0) {
            ++mismatches_;
        }
        end.received += size;
    } else if (count == 0) {
        end.is_at_end = true;
        watch(end, EPOLL_CTL_MOD);
    } else if (errno != EAGAIN && errno != EINTR) {
        end.is_broken = true;
        watch(end, EPOLL_CTL_MOD);
    }
}

void Bulk::stop_sending(End& end) {
    if (!end.is_broken) {
        end.is_sending_over = true;
        watch(end, EPOLL_CTL_MOD);
        shutdown(end.fd, SHUT_WR);
    }
}

/// Ends all streams and waits until what is under way has come out; false when it does not.
bool Bulk::drain() {
    for (auto* ends : {&clients_, &upstreams_}) {
        for (End& end : *ends) {
            stop_sending(end);
        }
    }
    const auto deadline = Clock::now() + kDrainTime;
    const auto is_over = [](const End& end) { return end.is_at_end || end.is_broken; };
    while (Clock::now() < deadline) {
        if (std::all_of(clients_.begin(), clients_.end(), is_over) &&
            std::all_of(upstreams_.begin(), upstreams_.end(), is_over)) {
            break;
        }
        turn(100);
    }
    const auto is_well = [](const End& end) { return end.is_at_end && !end.is_broken; };
    return std::all_of(clients_.begin(), clients_.end(), is_well) &&
           std::all_of(upstreams_.begin(), upstreams_.end(), is_well);
}

void Bulk::run_until(Clock::time_point until) {
    while (Clock::now() < until) {
        turn(20);
    }
}

std::uint64_t Bulk::total_received() const {
    std::uint64_t sum = 0;
    for (const auto* ends : {&clients_, &upstreams_}) {
        for (const End& end : *ends) {
            sum += end.received;
        }
    }
    return sum;
}

std::uint64_t Bulk::total_lost() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        sum += clients_[i].sent - upstreams_[i].received;
        sum += upstreams_[i].sent - clients_[i].received;
    }
    return sum;
}

BulkResults Bulk::run() {
    listen_upstream();
    connect_clients();
    run_until(Clock::now() + options_.warmup);

    BulkResults results;
    const std::uint64_t bytes_before = total_received();
    const auto begin = Clock::now();
    const CpuMeter meter(options_.server_pid);
    run_until(begin + options_.duration);
    results.elapsed = Clock::now() - begin;
    results.own_cpu = meter.own();
    results.server_cpu = meter.server();
    results.bytes = total_received() - bytes_before;

    results.all_ended = drain();
    results.lost_bytes = total_lost();
    results.mismatches = mismatches_;
    return results;
}

}  // namespace load
