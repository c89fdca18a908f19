// SPDX-License-Identifier: MIT
// The command line of edo_load.

#pragma once

#include <chrono>
#include <cstddef>
#include <netinet/in.h>
#include <sys/types.h>
#include <vector>

namespace load {

struct Options {
    sockaddr_in server{};
    std::size_t connections = 64;
    std::size_t size = 64;     // bytes a message
    std::size_t pipeline = 1;  // messages in flight a connection
    double rate = 0;           // messages a second of all connections; 0: as `pipeline` allows
    std::chrono::nanoseconds duration = std::chrono::seconds(5);
    std::chrono::nanoseconds warmup = std::chrono::seconds(1);
    std::vector<int> cpus;  // empty: not pinned
    pid_t server_pid = 0;   // 0: the server's CPU time is not measured
};

/// Reads the command line.
///
/// @throws UsageError when an option is unknown or its value makes no sense.
Options parse_options(int argc, char** argv);

extern const char* const kUsage;

}  // namespace load
