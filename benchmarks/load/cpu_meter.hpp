// SPDX-License-Identifier: MIT
// The CPU time that a measurement took, of this process and of the server.

#pragma once

#include "server_cpu.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <unistd.h>

namespace load {

/// Reads the CPU clocks at its construction and again when it is asked.
class CpuMeter {
public:
    /// `server` is 0 when nobody is to be measured.
    explicit CpuMeter(pid_t server)
        : server_pid_(server), own_(now_of(getpid())), server_(now_of(server)) {}

    std::chrono::nanoseconds own() const {
        return std::chrono::nanoseconds(now_of(getpid()).value_or(0) - own_.value_or(0));
    }

    std::optional<std::chrono::nanoseconds> server() const {
        const auto now = now_of(server_pid_);
        if (!now || !server_) {
            return std::nullopt;
        }
        return std::chrono::nanoseconds(*now - *server_);
    }

    /// The microseconds of the server for each of `count` things, as JSON.
    std::string server_us_per(std::uint64_t count) const {
        const auto time = server();
        if (!time || count == 0) {
            return "null";
        }
        const std::chrono::duration<double, std::micro> total = *time;
        return std::to_string(total.count() / static_cast<double>(count));
    }

private:
    static std::optional<std::uint64_t> now_of(pid_t pid) {
        return pid == 0 ? std::nullopt : process_cpu_time(pid);
    }

    pid_t server_pid_;
    std::optional<std::uint64_t> own_;
    std::optional<std::uint64_t> server_;
};

}  // namespace load
