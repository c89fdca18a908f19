// SPDX-License-Identifier: MIT
// What every load generator does to its own process before it starts.

#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace load {

/// Binds this process to CPUs; an empty list leaves it as it is.
/// @throws std::system_error when the kernel refuses.
void pin(const std::vector<int>& cpus);

/// Lets this process run whenever it has something to do, before all ordinary ones. For generators
/// that sleep most of the time and must not be late.
/// @return Whether the kernel allows it.
bool become_urgent();

/// @throws UsageError when so many descriptors may not be opened at once.
void raise_descriptor_limit(std::size_t descriptors);

/// Ends the process some time after `expected`. The generators end by themselves; this is for the
/// fault that nobody has thought of.
void end_after(std::chrono::nanoseconds expected);

/// Runs a generator: turns what it throws into a line on stderr and the exit status 2.
/// @param run Gets the command line, and returns the exit status.
int guarded_main(const char* name, const char* usage, int (*run)(int, char**), int argc,
                 char** argv);

}  // namespace load
