// SPDX-License-Identifier: MIT
#pragma once

namespace edo::detail {

/// Whether `fence_all_threads` works on this system.
[[nodiscard]] bool can_fence_all_threads() noexcept;

/// Makes every running thread of the process execute a full memory barrier; a thread that does not
/// run executes one before it does. A system call, of about a microsecond. It lets the rare side of
/// an algorithm pay for the fence that the frequent side then does not need.
void fence_all_threads() noexcept;

}  // namespace edo::detail
