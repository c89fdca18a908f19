// SPDX-License-Identifier: MIT
// The server as a whole: it accepts clients, and ends in order.
#pragma once

#include <edo/runtime/task/task.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace mini_redis {

struct ServerOptions {
    ServerOptions() = default;

    std::string host = "127.0.0.1";
    std::uint16_t port = 6379;
    std::uint16_t max_connections = 10'000;
    /// How long the server waits for its connections when it is to end.
    std::chrono::milliseconds shutdown_time{10'000};
};

/// Serves until SIGINT or SIGTERM. Then nobody is accepted any more, what has arrived is answered,
/// and the connections are closed; a second signal cuts that short.
/// @return The exit code.
[[nodiscard]] edo::Task<int> serve(ServerOptions options);

}  // namespace mini_redis
