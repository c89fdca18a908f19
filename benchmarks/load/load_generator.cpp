// SPDX-License-Identifier: MIT
#include "load_generator.hpp"

#include "server_cpu.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace load {

namespace {

constexpr std::size_t kMaxConnecting = 256;
constexpr std::size_t kConnectionsASource = 20'000;
constexpr std::chrono::seconds kConnectTime{30};
constexpr std::chrono::milliseconds kLongestWait{100};
constexpr int kMaxEvents = 256;

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

bool is_loopback(const in_addr& address) {
    return (ntohl(address.s_addr) >> 24) == 127;
}

}  // namespace

LoadGenerator::LoadGenerator(const Options& options)
    : options_(options), buffer_(ByteStream::kWindow), connections_(options.connections) {
    // With a rate nothing holds a message back, so every one of the run may be unanswered.
    const auto seconds = std::chrono::duration<double>(options.warmup + options.duration).count();
    const double messages = (seconds + 1) * options.rate / static_cast<double>(options.connections);
    slots_ = std::max(options.pipeline, static_cast<std::size_t>(std::ceil(messages)) + 1);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) {
        throw_errno("epoll_create1");
    }
}

LoadGenerator::~LoadGenerator() {
    for (Connection& connection : connections_) {
        if (connection.state != State::Closed) {
            ::close(connection.fd);
        }
    }
    ::close(epoll_);
}

Results LoadGenerator::run() {
    connect_all();

    const Time start = Clock::now();
    start_load(start);
    while (open_ > 0 && Clock::now() < start + options_.warmup) {
        turn(start + options_.warmup);
    }

    const Time begin = Clock::now();
    const CpuTimes cpu_before = cpu_times();
    is_measuring_ = true;
    while (open_ > 0 && Clock::now() < begin + options_.duration) {
        turn(begin + options_.duration);
    }
    const Time end = Clock::now();
    const CpuTimes cpu_after = cpu_times();

    results_.elapsed = std::max<Clock::duration>(end - begin, std::chrono::nanoseconds(1));
    results_.own_cpu = std::chrono::nanoseconds(cpu_after.own - cpu_before.own);
    if (cpu_before.server && cpu_after.server) {
        results_.server_cpu = std::chrono::nanoseconds(*cpu_after.server - *cpu_before.server);
    }
    look_at_unanswered(begin, end);
    return results_;
}

void LoadGenerator::start_load(Time start) {
    if (options_.rate > 0) {
        schedule_ = start;
        return;
    }
    for (Connection& connection : connections_) {
        if (connection.state == State::Open) {
            queue_messages(connection, options_.pipeline, Clock::now());
            send(connection);
        }
    }
}

/// The connections take turns, so that their messages are spread over time.
LoadGenerator::Time LoadGenerator::due_at(std::uint64_t message) const {
    const std::chrono::duration<double> after(static_cast<double>(message) / options_.rate);
    return *schedule_ + std::chrono::duration_cast<Clock::duration>(after);
}

/// Sends what is due by now. The latency counts from then, however late this process is.
void LoadGenerator::send_due() {
    const Time now = Clock::now();
    for (Time due = due_at(messages_due_); due <= now; due = due_at(++messages_due_)) {
        Connection& connection = connections_[messages_due_ % connections_.size()];
        if (connection.state != State::Open) {
            continue;
        }
        if (is_measuring_) {
            results_.lateness.record(static_cast<std::uint64_t>((Clock::now() - due).count()));
        }
        queue_messages(connection, 1, due);
        send(connection);
    }
}

// Keeps a bounded number of attempts in flight, so that the server's backlog does not overflow.
void LoadGenerator::connect_all() {
    const Time deadline = Clock::now() + kConnectTime;
    std::size_t next = 0;
    while ((next < connections_.size() || connecting_ > 0) && Clock::now() < deadline) {
        while (next < connections_.size() && connecting_ < kMaxConnecting) {
            start_connect(next);
            ++next;
        }
        turn(deadline);
    }
    results_.connect_errors += connections_.size() - next + connecting_;
    for (Connection& connection : connections_) {
        if (connection.state == State::Connecting) {
            close(connection);
        }
    }
}

void LoadGenerator::start_connect(std::size_t index) {
    Connection& connection = connections_[index];
    connection.start = ByteStream::start_of(index);
    connection.queued_at.resize(slots_);
    connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection.fd < 0) {
        throw_errno("socket");
    }
    connection.state = State::Connecting;
    ++connecting_;
    const int one = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    bind_source(connection.fd, index);

    const auto* address = reinterpret_cast<const sockaddr*>(&options_.server);
    if (connect(connection.fd, address, sizeof options_.server) != 0 && errno != EINPROGRESS) {
        ++results_.connect_errors;
        close(connection);
        return;
    }
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                      .data = {.ptr = &connection}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) != 0) {
        throw_errno("epoll_ctl");
    }
}

// One address has about 28,000 ports to connect from; loopback has addresses in plenty.
void LoadGenerator::bind_source(int fd, std::size_t index) const {
    if (options_.connections <= kConnectionsASource || !is_loopback(options_.server.sin_addr)) {
        return;
    }
    const int one = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    const auto offset = static_cast<in_addr_t>(index / kConnectionsASource);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + offset);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) {
        throw_errno("bind");
    }
}

void LoadGenerator::finish_connect(Connection& connection) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        ++results_.connect_errors;
        close(connection);
        return;
    }
    connection.state = State::Open;
    --connecting_;
    ++open_;
}

/// Sends what is due, waits for events, not past `until`, and serves one batch of them.
void LoadGenerator::turn(Time until) {
    if (schedule_) {
        send_due();
        until = std::min(until, due_at(messages_due_));
    }
    const auto wait = std::clamp<Clock::duration>(until - Clock::now(), {}, kLongestWait);
    const timespec timeout{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(wait).count()};
    std::array<epoll_event, kMaxEvents> events;
    const int count = epoll_pwait2(epoll_, events.data(), kMaxEvents, &timeout, nullptr);
    if (count < 0 && errno != EINTR) {
        throw_errno("epoll_wait");
    }
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        on_event(*static_cast<Connection*>(event.data.ptr), event.events);
    }
}

void LoadGenerator::on_event(Connection& connection, std::uint32_t events) {
    if (connection.state == State::Connecting) {
        finish_connect(connection);
        return;
    }
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
        receive(connection, (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    }
    if (connection.state == State::Open) {
        send(connection);
    }
}

/// Reads until the socket is drained; `to_the_end` when the end of the stream has been announced,
/// after which no further edge would tell of it.
void LoadGenerator::receive(Connection& connection, bool to_the_end) {
    bool is_drained = false;
    while (connection.state == State::Open && !is_drained) {
        const ssize_t count = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0 && errno == EAGAIN) {
            return;
        }
        if (count <= 0) {
            ++results_.io_errors;
            close(connection);
            return;
        }
        const auto size = static_cast<std::size_t>(count);
        is_drained = size < buffer_.size() && !to_the_end;
        if (!check(connection, size)) {
            ++results_.mismatches;
            close(connection);
            return;
        }
        const std::uint64_t first = connection.received / options_.size;
        connection.received += size;
        const std::uint64_t last = connection.received / options_.size;
        if (last > first) {
            on_answered(connection, first, last);
        }
    }
}

/// Are the next `size` bytes those that were sent?
bool LoadGenerator::check(Connection& connection, std::size_t size) {
    const auto expected = stream_.window(connection.start + connection.received, size);
    return connection.received + size <= connection.sent &&
           std::memcmp(buffer_.data(), expected.data(), size) == 0;
}

/// Messages `first` to `last - 1` have come back: counts them and sends as many again.
void LoadGenerator::on_answered(Connection& connection, std::uint64_t first, std::uint64_t last) {
    const Time now = Clock::now();
    connection.last_answer = now;
    if (is_measuring_) {
        for (std::uint64_t message = first; message < last; ++message) {
            const auto latency = now - connection.queued_at[message % slots_];
            results_.latency.record(static_cast<std::uint64_t>(latency.count()));
        }
    }
    if (!schedule_) {
        queue_messages(connection, last - first, now);
        send(connection);
    }
}

/// `when` is when they should leave, from which their latency counts.
void LoadGenerator::queue_messages(Connection& connection, std::uint64_t count, Time when) {
    const std::uint64_t first = connection.queued / options_.size;
    for (std::uint64_t message = first; message < first + count; ++message) {
        connection.queued_at[message % slots_] = when;
    }
    connection.queued += count * options_.size;
}

void LoadGenerator::send(Connection& connection) {
    while (connection.sent < connection.queued) {
        const auto bytes =
            stream_.window(connection.start + connection.sent, connection.queued - connection.sent);
        const ssize_t count =
            ::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EAGAIN) {
            return;
        }
        if (count < 0 && errno != EINTR) {
            ++results_.io_errors;
            close(connection);
            return;
        }
        connection.sent += static_cast<std::uint64_t>(std::max<ssize_t>(count, 0));
    }
}

void LoadGenerator::close(Connection& connection) {
    --(connection.state == State::Connecting ? connecting_ : open_);
    connection.state = State::Closed;
    ::close(connection.fd);
}

LoadGenerator::CpuTimes LoadGenerator::cpu_times() const {
    CpuTimes times{.own = process_cpu_time(getpid()).value_or(0), .server = std::nullopt};
    if (options_.server_pid != 0) {
        times.server = process_cpu_time(options_.server_pid);
    }
    return times;
}

void LoadGenerator::look_at_unanswered(Time begin, Time end) {
    for (const Connection& connection : connections_) {
        if (connection.state != State::Open) {
            continue;
        }
        if (connection.last_answer < begin) {
            ++results_.silent_connections;
        }
        if (connection.received == connection.queued) {
            continue;
        }
        const std::uint64_t oldest = connection.received / options_.size;
        const auto age = end - connection.queued_at[oldest % slots_];
        results_.oldest_unanswered =
            std::max<std::chrono::nanoseconds>(results_.oldest_unanswered, age);
    }
}

}  // namespace load
