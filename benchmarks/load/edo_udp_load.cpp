// SPDX-License-Identifier: MIT
// Load generator for UDP echo servers: some sockets, each with a fixed number of datagrams in
// flight, sent and received in batches.
//
// Uses no part of edo. Prints one line of JSON, see README.md. Exits with 0 when datagrams came
// back and none was wrong or doubled, 1 when not, 2 when it could not do what it was asked to.
// A datagram that is lost is counted, and its place in flight given to another one.

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
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace {

using namespace load;
using Clock = std::chrono::steady_clock;

constexpr const char* kUsage =
    "usage: edo_udp_load --port P [--host IPV4] [--sockets N] [--window DATAGRAMS] [--size BYTES]\n"
    "                    [--offload 0|1] [--duration SECONDS] [--warmup SECONDS] [--cpu LIST]\n"
    "                    [--server-pid PID]\n";
constexpr std::size_t kBatch = 64;
constexpr std::size_t kMaxSize = 9000;
// A datagram is lost when so many windows have been sent after it, or nothing has come for so long.
constexpr std::uint64_t kWindowsBehind = 4;
constexpr std::chrono::milliseconds kSilence{100};
constexpr int kReceiveBuffer = 1 << 20;

struct Options {
    sockaddr_in server{};
    std::size_t sockets = 0;
    std::size_t window = 0;
    std::size_t size = 0;
    bool offload = false;
    std::chrono::nanoseconds duration{};
    std::chrono::nanoseconds warmup{};
    std::vector<int> cpus;
    pid_t server_pid = 0;
};

/// At the start of each datagram; the rest is the byte stream from `number` on.
struct Header {
    std::uint64_t number;
    std::int64_t sent_at;
    std::uint32_t socket;
};

Options parse_options(int argc, char** argv) {
    Arguments arguments(argc, argv);
    Options options;
    options.server = arguments.address();
    options.sockets = arguments.number<std::size_t>("--sockets", 8, 1, 1024);
    options.window = arguments.number<std::size_t>("--window", 16, 1, 1024);
    options.size = arguments.number<std::size_t>("--size", 64, sizeof(Header), kMaxSize);
    options.offload = arguments.number("--offload", 0, 0, 1) == 1;
    options.duration = arguments.seconds("--duration", std::chrono::seconds(5));
    options.warmup = arguments.seconds("--warmup", std::chrono::seconds(1));
    options.cpus = arguments.cpus("--cpu");
    options.server_pid = arguments.number<pid_t>("--server-pid", 0, 1, INT32_MAX);
    arguments.finish();
    if (options.server.sin_port == 0 || options.duration.count() == 0) {
        throw UsageError{"--port is missing, or --duration is 0"};
    }
    return options;
}

/// Buffers for one sendmmsg or recvmmsg.
class Batch {
public:
    explicit Batch(std::size_t size) : bytes_(kBatch * size) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            vectors_[i] = {.iov_base = bytes_.data() + i * size, .iov_len = size};
            messages_[i] = {};
            messages_[i].msg_hdr.msg_iov = &vectors_[i];
            messages_[i].msg_hdr.msg_iovlen = 1;
        }
    }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    char* datagram(std::size_t i) { return static_cast<char*>(vectors_[i].iov_base); }
    std::size_t received(std::size_t i) const { return messages_[i].msg_len; }
    mmsghdr* messages() { return messages_.data(); }

private:
    std::vector<char> bytes_;
    std::array<iovec, kBatch> vectors_{};
    std::array<mmsghdr, kBatch> messages_{};
};

/// Datagrams that the system has joined ("GRO"), by one recvmmsg.
class Joined {
public:
    explicit Joined(bool is_used) : bytes_(is_used ? kMessages * kLargest : 0) {}
    Joined(const Joined&) = delete;
    Joined& operator=(const Joined&) = delete;

    int receive(int fd) {
        for (std::size_t i = 0; i < kMessages; ++i) {
            vectors_[i] = {.iov_base = bytes_.data() + i * kLargest, .iov_len = kLargest};
            messages_[i] = {};
            messages_[i].msg_hdr.msg_iov = &vectors_[i];
            messages_[i].msg_hdr.msg_iovlen = 1;
            messages_[i].msg_hdr.msg_control = &controls_[i];
            messages_[i].msg_hdr.msg_controllen = sizeof controls_[i];
        }
        return recvmmsg(fd, messages_.data(), kMessages, MSG_DONTWAIT, nullptr);
    }
    /// Calls `each(bytes, size)` for the datagrams of a message.
    template <class Each>
    void split(std::size_t message, const Each& each) {
        const char* bytes = bytes_.data() + message * kLargest;
        const std::size_t size = messages_[message].msg_len;
        std::size_t each_size = size;
        msghdr& header = messages_[message].msg_hdr;
        for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
             part = CMSG_NXTHDR(&header, part)) {
            if (part->cmsg_level == SOL_UDP && part->cmsg_type == UDP_GRO) {
                int segment = 0;
                std::memcpy(&segment, CMSG_DATA(part), sizeof segment);
                each_size = static_cast<std::size_t>(segment);
            }
        }
        for (std::size_t at = 0; at < size; at += each_size) {
            each(bytes + at, std::min(each_size, size - at));
        }
    }

private:
    static constexpr std::size_t kMessages = 8;
    static constexpr std::size_t kLargest = 65536;
    struct Control {
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> bytes;
    };
    std::vector<char> bytes_;
    std::array<iovec, kMessages> vectors_{};
    std::array<mmsghdr, kMessages> messages_{};
    std::array<Control, kMessages> controls_{};
};

/// Sends `count` datagrams of `size` bytes that lie side by side as one piece, which the system
/// cuts ("GSO"). Returns how many it has taken.
int send_joined(int fd, char* bytes, std::size_t count, std::size_t size) {
    iovec vector{.iov_base = bytes, .iov_len = count * size};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
    msghdr header{};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr& part = *CMSG_FIRSTHDR(&header);
    const auto segment = static_cast<std::uint16_t>(size);
    part.cmsg_level = SOL_UDP;
    part.cmsg_type = UDP_SEGMENT;
    part.cmsg_len = CMSG_LEN(sizeof segment);
    std::memcpy(CMSG_DATA(&part), &segment, sizeof segment);
    return sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? 0 : static_cast<int>(count);
}

class UdpLoad {
public:
    explicit UdpLoad(const Options& options);
    ~UdpLoad();
    UdpLoad(const UdpLoad&) = delete;
    UdpLoad& operator=(const UdpLoad&) = delete;

    /// Returns the exit status.
    int run();

private:
    static constexpr std::uint64_t kNone = ~std::uint64_t{0};

    struct Socket {
        int fd = -1;
        std::uint32_t index = 0;
        std::uint64_t next = 0;  // number of the next datagram
        std::size_t in_flight = 0;
        std::vector<std::uint64_t> unanswered;  // number, at number % size; else kNone
        Clock::time_point last_answer;
    };

    void open(Socket& socket, std::uint32_t index) const;
    void run_until(Clock::time_point end);
    void receive(Socket& socket);
    int receive_plain(Socket& socket);
    int receive_joined(Socket& socket);
    int send(Socket& socket, std::size_t count);
    void on_datagram(Socket& socket, const char* bytes, std::size_t size, Clock::time_point now);
    void fill(Socket& socket);
    void give_up_silent(Clock::time_point now);
    void print(Clock::duration elapsed, const CpuMeter& meter) const;

    const Options options_;
    const ByteStream stream_;
    Batch sending_;
    Batch receiving_;
    Joined joined_;
    const std::size_t most_at_once_;
    std::vector<Socket> sockets_;
    int epoll_;
    bool is_measuring_ = false;
    Histogram latency_;
    std::uint64_t lost_ = 0;
    std::uint64_t late_ = 0;   // came back after they had been given up
    std::uint64_t wrong_ = 0;  // other bytes than were sent
};

UdpLoad::UdpLoad(const Options& options)
    : options_(options),
      sending_(options.size),
      receiving_(options.size),
      joined_(options.offload),
      // One piece must fit into one datagram of IPv4 before it is cut.
      most_at_once_(options.offload ? std::min(kBatch, 65507 / options.size) : kBatch),
      sockets_(options.sockets),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (std::uint32_t i = 0; i < sockets_.size(); ++i) {
        open(sockets_[i], i);
        epoll_event event{.events = EPOLLIN, .data = {.ptr = &sockets_[i]}};
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, sockets_[i].fd, &event) != 0) {
            throw std::system_error(errno, std::generic_category(), "epoll_ctl");
        }
    }
}

UdpLoad::~UdpLoad() {
    for (const Socket& socket : sockets_) {
        ::close(socket.fd);
    }
    ::close(epoll_);
}

void UdpLoad::open(Socket& socket, std::uint32_t index) const {
    socket.index = index;
    socket.unanswered.assign(options_.window * kWindowsBehind, kNone);
    socket.fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket.fd < 0 || connect(socket.fd, reinterpret_cast<const sockaddr*>(&options_.server),
                                 sizeof options_.server) != 0) {
        throw std::system_error(errno, std::generic_category(), "socket");
    }
    setsockopt(socket.fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
    const int on = 1;
    if (options_.offload && setsockopt(socket.fd, SOL_UDP, UDP_GRO, &on, sizeof on) != 0) {
        throw std::system_error(errno, std::generic_category(), "UDP_GRO");
    }
}

int UdpLoad::run() {
    const auto start = Clock::now();
    for (Socket& socket : sockets_) {
        socket.last_answer = start;
        fill(socket);
    }
    run_until(start + options_.warmup);
    is_measuring_ = true;
    lost_ = late_ = 0;
    const auto begin = Clock::now();
    const CpuMeter meter(options_.server_pid);
    run_until(begin + options_.duration);
    print(Clock::now() - begin, meter);
    return latency_.count() > 0 && wrong_ == 0 ? 0 : 1;
}

void UdpLoad::run_until(Clock::time_point end) {
    auto next_look = Clock::now() + kSilence;
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
        std::array<epoll_event, kBatch> events;
        const int count = epoll_wait(epoll_, events.data(), events.size(), 50);
        if (count < 0 && errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "epoll_wait");
        }
        for (int i = 0; i < count; ++i) {
            receive(*static_cast<Socket*>(events[static_cast<std::size_t>(i)].data.ptr));
        }
        if (now >= next_look) {
            next_look = now + kSilence;
            give_up_silent(now);
        }
    }
}

void UdpLoad::receive(Socket& socket) {
    const int count = options_.offload ? receive_joined(socket) : receive_plain(socket);
    if (count > 0) {
        socket.last_answer = Clock::now();
        fill(socket);
    }
}

int UdpLoad::receive_plain(Socket& socket) {
    const int count = recvmmsg(socket.fd, receiving_.messages(), kBatch, MSG_DONTWAIT, nullptr);
    const auto now = Clock::now();
    for (int i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        on_datagram(socket, receiving_.datagram(at), receiving_.received(at), now);
    }
    return count;
}

int UdpLoad::receive_joined(Socket& socket) {
    const int count = joined_.receive(socket.fd);
    const auto now = Clock::now();
    for (int i = 0; i < count; ++i) {
        joined_.split(static_cast<std::size_t>(i), [&](const char* bytes, std::size_t size) {
            on_datagram(socket, bytes, size, now);
        });
    }
    return count;
}

int UdpLoad::send(Socket& socket, std::size_t count) {
    if (options_.offload) {
        return send_joined(socket.fd, sending_.datagram(0), count, options_.size);
    }
    return sendmmsg(socket.fd, sending_.messages(), static_cast<unsigned>(count),
                    MSG_DONTWAIT | MSG_NOSIGNAL);
}

void UdpLoad::on_datagram(Socket& socket, const char* bytes, std::size_t size,
                          Clock::time_point now) {
    Header header{};
    std::memcpy(&header, bytes, std::min(size, sizeof header));
    const std::size_t rest = options_.size - sizeof header;
    if (size != options_.size || header.socket != socket.index || header.number >= socket.next ||
        std::memcmp(bytes + sizeof header, stream_.window(header.number, rest).data(), rest) != 0) {
        ++wrong_;
        return;
    }
    std::uint64_t& place = socket.unanswered[header.number % socket.unanswered.size()];
    if (place != header.number) {
        ++late_;  // or doubled: nothing here doubles
        return;
    }
    place = kNone;
    --socket.in_flight;
    if (is_measuring_) {
        const auto latency = now.time_since_epoch().count() - header.sent_at;
        latency_.record(static_cast<std::uint64_t>(std::max<std::int64_t>(latency, 0)));
    }
}

/// Sends until the window is full, or the socket does not take more.
void UdpLoad::fill(Socket& socket) {
    while (socket.in_flight < options_.window) {
        const std::size_t want = std::min(most_at_once_, options_.window - socket.in_flight);
        const auto now = Clock::now();
        for (std::size_t i = 0; i < want; ++i) {
            const Header header{.number = socket.next + i,
                                .sent_at = now.time_since_epoch().count(),
                                .socket = socket.index};
            char* const bytes = sending_.datagram(i);
            const std::size_t rest = options_.size - sizeof header;
            std::memcpy(bytes, &header, sizeof header);
            std::memcpy(bytes + sizeof header, stream_.window(header.number, rest).data(), rest);
        }
        const int sent = send(socket, want);
        for (int i = 0; i < sent; ++i) {
            std::uint64_t& place = socket.unanswered[socket.next % socket.unanswered.size()];
            if (place != kNone) {
                ++lost_;
                --socket.in_flight;
            }
            place = socket.next++;
            ++socket.in_flight;
        }
        if (sent < static_cast<int>(want)) {
            return;  // the next answer, or the next silence, tries again
        }
    }
}

void UdpLoad::give_up_silent(Clock::time_point now) {
    for (Socket& socket : sockets_) {
        if (now - socket.last_answer < kSilence) {
            continue;
        }
        lost_ += socket.in_flight;
        socket.in_flight = 0;
        std::fill(socket.unanswered.begin(), socket.unanswered.end(), kNone);
        fill(socket);
    }
}

void UdpLoad::print(Clock::duration elapsed, const CpuMeter& meter) const {
    const double seconds = std::chrono::duration<double>(elapsed).count();
    const double own = std::chrono::duration<double>(meter.own()).count();
    const std::uint64_t count = latency_.count();
    std::printf(
        "{\"tool\":\"edo_udp_load\",\"sockets\":%zu,\"window\":%zu,\"size\":%zu,\"seconds\":%.3f,"
        "\"datagrams\":%ju,\"rate\":%.1f,\"lost\":%ju,\"late\":%ju,\"wrong\":%ju,",
        options_.sockets, options_.window, options_.size, seconds,
        static_cast<std::uintmax_t>(count), static_cast<double>(count) / seconds,
        static_cast<std::uintmax_t>(lost_), static_cast<std::uintmax_t>(late_),
        static_cast<std::uintmax_t>(wrong_));
    std::printf(
        "\"p50_us\":%.1f,\"p99_us\":%.1f,\"server_cpu_us_per_datagram\":%s,\"load_busy\":%.3f}\n",
        static_cast<double>(latency_.quantile(0.5)) / 1000,
        static_cast<double>(latency_.quantile(0.99)) / 1000, meter.server_us_per(count).c_str(),
        own / seconds);
}

int run(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    pin(options.cpus);
    raise_descriptor_limit(options.sockets);
    end_after(options.warmup + options.duration);
    return UdpLoad(options).run();
}

}  // namespace

int main(int argc, char** argv) {
    return load::guarded_main("edo_udp_load", kUsage, run, argc, argv);
}
