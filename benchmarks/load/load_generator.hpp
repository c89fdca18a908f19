// SPDX-License-Identifier: MIT
// N connections, each with a fixed number of messages in flight, or all with a fixed rate.

#pragma once

#include "byte_stream.hpp"
#include "histogram.hpp"
#include "options.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace load {

/// What one run found. Only messages answered after the warm-up count.
struct Results {
    std::chrono::nanoseconds elapsed{};
    Histogram latency;   // nanoseconds
    Histogram lateness;  // of this process, with --rate: from when a message is due until it leaves
    std::uint64_t connect_errors = 0;
    std::uint64_t io_errors = 0;   // reset, closed by the server, ...
    std::uint64_t mismatches = 0;  // connections that got back other bytes than they sent

    /// Connections still open at the end that got no answer after the warm-up.
    std::uint64_t silent_connections = 0;
    /// Age at the end of the message that has waited longest; `latency` cannot show it.
    std::chrono::nanoseconds oldest_unanswered{};

    std::chrono::nanoseconds own_cpu{};
    std::optional<std::chrono::nanoseconds> server_cpu;

    std::uint64_t errors() const { return connect_errors + io_errors + mismatches; }
};

/// Runs one load on the calling thread, with edge-triggered epoll: a read shorter than the buffer
/// means that the socket is drained, so an answer costs one `recv`.
class LoadGenerator {
public:
    explicit LoadGenerator(const Options& options);
    ~LoadGenerator();
    LoadGenerator(const LoadGenerator&) = delete;
    LoadGenerator& operator=(const LoadGenerator&) = delete;

    /// Connects, warms up, measures, and returns in bounded time, whatever the server does.
    ///
    /// @throws std::system_error when this process cannot get what it needs from the kernel.
    Results run();

private:
    using Clock = std::chrono::steady_clock;
    using Time = Clock::time_point;

    enum class State { Connecting, Open, Closed };

    /// Positions count bytes of the stream; message `i` is the bytes from `i * size` on.
    struct Connection {
        int fd = -1;
        State state = State::Closed;
        std::uint64_t start = 0;   // of its part of the stream
        std::uint64_t queued = 0;  // end of the last message that may be sent
        std::uint64_t sent = 0;
        std::uint64_t received = 0;
        Time last_answer{};
        std::vector<Time> queued_at;  // of message i, at i % slots_
    };

    struct CpuTimes {
        std::uint64_t own = 0;
        std::optional<std::uint64_t> server;
    };

    void connect_all();
    void start_connect(std::size_t index);
    void bind_source(int fd, std::size_t index) const;
    void finish_connect(Connection& connection);

    void start_load(Time start);
    Time due_at(std::uint64_t message) const;
    void send_due();
    void turn(Time until);
    void on_event(Connection& connection, std::uint32_t events);
    void receive(Connection& connection, bool to_the_end);
    bool check(Connection& connection, std::size_t size);
    void on_answered(Connection& connection, std::uint64_t first, std::uint64_t last);
    void queue_messages(Connection& connection, std::uint64_t count, Time when);
    void send(Connection& connection);
    void close(Connection& connection);

    CpuTimes cpu_times() const;
    void look_at_unanswered(Time begin, Time end);

    const Options options_;
    ByteStream stream_;
    std::vector<char> buffer_;
    std::vector<Connection> connections_;
    int epoll_ = -1;
    std::size_t connecting_ = 0;
    std::size_t open_ = 0;
    bool is_measuring_ = false;
    std::size_t slots_ = 0;           // messages of a connection that may be unanswered
    std::optional<Time> schedule_;    // with --rate: when the first message is due
    std::uint64_t messages_due_ = 0;  // of the schedule, so far
    Results results_;
};

}  // namespace load
