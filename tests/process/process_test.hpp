// SPDX-License-Identifier: MIT
// What the tests of child processes share.
#pragma once

#include "net/net_test.hpp"
#include <edo/runtime/process/command.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>

namespace edo::test {

/// A shell that runs `script`.
[[nodiscard]] inline process::Command shell(std::string_view script) {
    process::Command command("/bin/sh");
    command.args({"-c", script});
    return command;
}

/// Whether there is such a process, be it a zombie.
[[nodiscard]] inline bool exists(pid_t pid) {
    return ::kill(pid, 0) == 0 || errno != ESRCH;
}

/// Waits until the process has ended and was reaped, by whomever.
[[nodiscard]] inline bool is_gone_soon(pid_t pid) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (exists(pid)) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace edo::test
