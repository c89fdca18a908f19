// SPDX-License-Identifier: MIT
// The bytes that go through a proxy, from both of its sides.

#pragma once

#include "byte_stream.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <sys/types.h>
#include <vector>

namespace load {

struct BulkOptions {
    sockaddr_in server{};
    std::uint16_t upstream = 0;
    std::size_t connections = 0;
    bool up = false;
    bool down = false;
    std::chrono::nanoseconds duration{};
    std::chrono::nanoseconds warmup{};
    std::vector<int> cpus;
    pid_t server_pid = 0;
};

/// What one run found.
struct BulkResults {
    std::chrono::duration<double> elapsed{};
    std::uint64_t bytes = 0;  // that came out during the measurement, in both directions
    std::chrono::duration<double> own_cpu{};
    std::optional<std::chrono::nanoseconds> server_cpu;
    std::uint64_t lost_bytes = 0;  // sent and not received in the end
    std::uint64_t mismatches = 0;  // reads with other bytes than were sent
    bool all_ended = false;        // both ends of all streams got the end

    bool is_good() const { return bytes > 0 && lost_bytes == 0 && mismatches == 0 && all_ended; }
};

/// The client in front of the proxy and the server behind it, on the calling thread.
class Bulk {
public:
    explicit Bulk(const BulkOptions& options);
    ~Bulk();
    Bulk(const Bulk&) = delete;
    Bulk& operator=(const Bulk&) = delete;

    /// Connects, warms up, measures, and returns in bounded time, whatever the proxy does.
    ///
    /// @throws UsageError when the proxy makes no connections.
    BulkResults run();

private:
    using Clock = std::chrono::steady_clock;

    /// One end of a connection through the proxy. Its stream starts at a place of its own, which
    /// the first eight bytes from the client tell the other end.
    struct End {
        int fd = -1;
        bool is_client = false;
        bool sends = false;
        bool is_sending_over = false;
        bool is_at_end = false;  // has received the end of the stream
        bool is_broken = false;
        std::size_t index = 0;
        std::uint64_t sent = 0;
        std::uint64_t received = 0;
        unsigned receives = 0;
    };

    void listen_upstream();
    void connect_clients();
    void connect_client(End& end);
    void accept_upstream();
    void watch(End& end, int operation) const;
    void run_until(Clock::time_point until);
    void turn(int milliseconds);
    void send(End& end);
    void receive(End& end);
    void stop_sending(End& end);
    bool drain();
    std::uint64_t total_received() const;
    std::uint64_t total_lost() const;

    const BulkOptions options_;
    const ByteStream stream_;
    std::vector<char> buffer_ = std::vector<char>(ByteStream::kWindow);
    std::vector<End> clients_;
    std::vector<End> upstreams_;
    int epoll_;
    int listener_ = -1;
    std::size_t accepted_ = 0;
    std::uint64_t mismatches_ = 0;
};

}  // namespace load
