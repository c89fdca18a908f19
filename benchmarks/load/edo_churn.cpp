// SPDX-License-Identifier: MIT
// Load generator of short connections: connect, one message there and back, close; a fixed number
// of them, some at a time.
//
// Uses no part of edo. Prints one line of JSON, see README.md. Exits with 0 when no connection
// failed, 1 when one did, 2 when it could not do what it was asked to.

#include "arguments.hpp"
#include "byte_stream.hpp"
#include "cpu_meter.hpp"
#include "histogram.hpp"
#include "process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace {

using namespace load;
using Clock = std::chrono::steady_clock;

constexpr const char* kUsage =
    "usage: edo_churn --port P [--host IPV4] [--connections TOTAL] [--concurrency N]\n"
    "                 [--size BYTES] [--limit SECONDS] [--cpu LIST] [--server-pid PID]\n";
constexpr int kMaxEvents = 256;
constexpr std::size_t kMaxSize = 4096;
// A connection that has been closed keeps its port for a minute. Each source address has 28,000.
constexpr std::size_t kSources = 16;

struct Options {
    sockaddr_in server{};
    std::size_t total = 0;
    std::size_t concurrency = 0;
    std::size_t size = 0;
    std::chrono::nanoseconds limit{};
    std::vector<int> cpus;
    pid_t server_pid = 0;
};

Options parse_options(int argc, char** argv) {
    Arguments arguments(argc, argv);
    Options options;
    options.server = arguments.address();
    options.total = arguments.number<std::size_t>("--connections", 100'000, 1, 100'000'000);
    options.concurrency = arguments.number<std::size_t>("--concurrency", 64, 1, 1024);
    options.size = arguments.number<std::size_t>("--size", 64, 1, kMaxSize);
    options.limit = arguments.seconds("--limit", std::chrono::seconds(60));
    options.cpus = arguments.cpus("--cpu");
    options.server_pid = arguments.number<pid_t>("--server-pid", 0, 1, INT32_MAX);
    arguments.finish();
    if (options.server.sin_port == 0) {
        throw UsageError{"--port is missing"};
    }
    return options;
}

class Churn {
public:
    explicit Churn(const Options& options)
        : options_(options), epoll_(epoll_create1(EPOLL_CLOEXEC)), slots_(options.concurrency) {
        if (epoll_ < 0) {
            throw std::system_error(errno, std::generic_category(), "epoll_create1");
        }
    }
    ~Churn() { ::close(epoll_); }
    Churn(const Churn&) = delete;
    Churn& operator=(const Churn&) = delete;

    /// Returns the exit status.
    int run();

private:
    struct Slot {
        int fd = -1;
        std::size_t index = 0;  // of the connection
        bool is_sent = false;
        std::size_t received = 0;
        Clock::time_point start;
    };

    void start(Slot& slot);
    void on_event(Slot& slot);
    void receive(Slot& slot);
    void end(Slot& slot, bool well);
    void print(Clock::duration elapsed, const CpuMeter& meter) const;

    const Options options_;
    const ByteStream stream_;
    int epoll_;
    std::vector<Slot> slots_;
    std::array<char, kMaxSize> buffer_{};
    std::size_t started_ = 0;
    std::size_t active_ = 0;
    std::size_t failed_ = 0;
    int first_error_ = 0;
    Histogram latency_;
};

int Churn::run() {
    const auto begin = Clock::now();
    const CpuMeter meter(options_.server_pid);
    for (Slot& slot : slots_) {
        start(slot);
    }
    while (active_ > 0 && Clock::now() < begin + options_.limit) {
        std::array<epoll_event, kMaxEvents> events;
        const int count = epoll_wait(epoll_, events.data(), kMaxEvents, 100);
        if (count < 0 && errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "epoll_wait");
        }
        for (int i = 0; i < count; ++i) {
            on_event(*static_cast<Slot*>(events[static_cast<std::size_t>(i)].data.ptr));
        }
    }
    print(Clock::now() - begin, meter);
    return latency_.count() == options_.total ? 0 : 1;
}

// Begins the next connection, if there is one left.
void Churn::start(Slot& slot) {
    while (started_ < options_.total) {
        slot = Slot{.index = started_++, .start = Clock::now()};
        slot.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (slot.fd < 0) {
            throw std::system_error(errno, std::generic_category(), "socket");
        }
        ++active_;
        const int one = 1;
        setsockopt(slot.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(slot.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        sockaddr_in source{};
        source.sin_family = AF_INET;
        source.sin_addr.s_addr =
            htonl(INADDR_LOOPBACK + static_cast<in_addr_t>(slot.index % kSources));
        const auto* from = reinterpret_cast<const sockaddr*>(&source);
        const auto* to = reinterpret_cast<const sockaddr*>(&options_.server);
        epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                          .data = {.ptr = &slot}};
        if (bind(slot.fd, from, sizeof source) == 0 &&
            (connect(slot.fd, to, sizeof options_.server) == 0 || errno == EINPROGRESS) &&
            epoll_ctl(epoll_, EPOLL_CTL_ADD, slot.fd, &event) == 0) {
            return;
        }
        end(slot, false);
    }
}

void Churn::on_event(Slot& slot) {
    if (!slot.is_sent) {
        const auto bytes = stream_.window(ByteStream::start_of(slot.index), options_.size);
        const ssize_t count = send(slot.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        slot.is_sent = count == static_cast<ssize_t>(bytes.size());
        if (!slot.is_sent) {
            end(slot, false);
            start(slot);
        }
        return;  // the answer is another event
    }
    receive(slot);
}

void Churn::receive(Slot& slot) {
    errno = 0;
    const ssize_t count = recv(slot.fd, buffer_.data(), options_.size - slot.received, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (count > 0) {
        const auto expected =
            stream_.window(ByteStream::start_of(slot.index) + slot.received, options_.size);
        const auto size = static_cast<std::size_t>(count);
        slot.received += size;
        const bool is_right = std::memcmp(buffer_.data(), expected.data(), size) == 0;
        if (is_right && slot.received < options_.size) {
            return;  // the rest is another event
        }
        end(slot, is_right);
    } else {
        end(slot, false);
    }
    start(slot);
}

// Closes first, so that the port's minute of rest is on this side.
void Churn::end(Slot& slot, bool well) {
    if (well) {
        latency_.record(static_cast<std::uint64_t>((Clock::now() - slot.start).count()));
    } else {
        first_error_ = failed_ == 0 ? errno : first_error_;
        ++failed_;
    }
    ::close(slot.fd);
    slot.fd = -1;
    --active_;
}

void Churn::print(Clock::duration elapsed, const CpuMeter& meter) const {
    const double seconds = std::chrono::duration<double>(elapsed).count();
    const double own = std::chrono::duration<double>(meter.own()).count();
    std::printf(
        "{\"tool\":\"edo_churn\",\"connections\":%zu,\"concurrency\":%zu,\"size\":%zu,"
        "\"seconds\":%.3f,\"completed\":%ju,\"failed\":%zu,\"unfinished\":%zu,"
        "\"first_error\":\"%s\",\"rate\":%.1f,",
        options_.total, options_.concurrency, options_.size, seconds,
        static_cast<std::uintmax_t>(latency_.count()), failed_,
        options_.total - failed_ - latency_.count(), failed_ > 0 ? std::strerror(first_error_) : "",
        static_cast<double>(latency_.count()) / seconds);
    std::printf(
        "\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,\"server_cpu_us_per_connection\":%s,"
        "\"load_busy\":%.3f}\n",
        static_cast<double>(latency_.quantile(0.5)) / 1000,
        static_cast<double>(latency_.quantile(0.99)) / 1000,
        static_cast<double>(latency_.max()) / 1000, meter.server_us_per(latency_.count()).c_str(),
        own / seconds);
}

int run(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    pin(options.cpus);
    raise_descriptor_limit(options.concurrency);
    end_after(options.limit);
    return Churn(options).run();
}

}  // namespace

int main(int argc, char** argv) {
    return load::guarded_main("edo_churn", kUsage, run, argc, argv);
}
