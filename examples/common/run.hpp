// SPDX-License-Identifier: MIT
// The `main` of the examples.
#pragma once

#include <edo/runtime/task/task.hpp>

namespace example {

/// Runs a program on a runtime of its own, until it is done, or until Ctrl-C or SIGTERM arrives:
/// then it is cancelled, with all that it has spawned. A second Ctrl-C ends the process at once.
///
/// @param workers The number of worker threads; 0 means one a processor.
/// @return The program's exit code; 0 after a signal. An exception that leaves the program is
///     printed, and makes it 1.
[[nodiscard]] int run(edo::Task<int> program, unsigned workers = 0);

}  // namespace example
