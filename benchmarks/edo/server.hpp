// SPDX-License-Identifier: MIT
// What edo's servers share: they run until a signal comes.
#pragma once

#include "options.hpp"
#include <edo/runtime/result.hpp>
#include <edo/runtime/task/task.hpp>

#include <cstdint>

namespace bench {

/// A server: listens, calls `announce`, and serves for ever, or until it cannot.
using Serve = edo::Task<edo::Result<void>> (*)(Options);

/// Tells the load generator where the server listens.
void announce(std::uint16_t port);

/// Runs a server as a task of a runtime until SIGTERM or SIGINT, and returns the exit status.
/// @param usage What to print when there is a mistake in the command line.
int server_main(int argc, char** argv, const char* usage, Serve serve);

}  // namespace bench
