// SPDX-License-Identifier: MIT
// How much CPU time another process has used.

#pragma once

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace load {

/// Nanoseconds of CPU, user and kernel, that all threads of `pid` have used since it started; the
/// threads that have ended are counted too. Nothing when there is no such process.
///
/// Reads the CPU-time clock of the process, which the kernel brings up to date at each reading. If
/// that is refused, sums the first field of /proc/PID/task/*/schedstat: also nanoseconds, but up to
/// one scheduler tick behind for each running thread, and blind to the threads that have ended.
std::optional<std::uint64_t> process_cpu_time(pid_t pid);

}  // namespace load
