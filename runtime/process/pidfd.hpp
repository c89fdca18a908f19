// SPDX-License-Identifier: MIT
// A process by its descriptor (pidfd): its number may be given to another process, the descriptor
// never is.
#pragma once

#include "edo/runtime/io/owned_fd.hpp"
#include "edo/runtime/process/exit_status.hpp"
#include "edo/runtime/result.hpp"

#include <optional>
#include <sys/types.h>

namespace edo::detail {

[[nodiscard]] Result<io::OwnedFd> open_pidfd(pid_t pid) noexcept;
/// Reaps the process if it has ended. Never waits, and never reaps another one.
[[nodiscard]] Result<std::optional<process::ExitStatus>> reap(int pidfd) noexcept;
[[nodiscard]] Result<void> send_signal(int pidfd, int number) noexcept;

/// Reaps a process that nobody waits for any more, as soon as it ends.
///
/// A thread does it, which exists while there are such processes: a runtime may end before its
/// children do. There is no handler for SIGCHLD, and children of others are left alone.
void reap_later(io::OwnedFd pidfd) noexcept;

}  // namespace edo::detail
