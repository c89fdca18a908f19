// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/handle.hpp"

#include <string>

namespace edo {

/// Describes every task of the runtime, with the chain of awaits in which it is suspended,
/// outermost first, each with file and line:
///
/// ```
/// 2 tasks
/// task 7: suspended
///   at server.cpp:31
///   at server.cpp:58
///     branch 0
///       at client.cpp:12
///     branch 1
///       at client.cpp:19
/// task 9: running
/// ```
///
/// Local tasks are among them, if the first runtime that their `LocalSet` was used in is this one.
///
/// Nothing is stopped for it: each task is looked at while it does not run, for a moment. A task
/// that is running, or is in a queue because it has yielded or, without a name, was woken, is only
/// named; one that has not waited for anything since it
/// was spawned is only counted, unless it runs or has a name. The root task of `block_on` is not
/// among them.
///
/// @par Thread safety
/// May be called from any thread, also one outside the runtime, and while a worker is stuck.
[[nodiscard]] std::string dump_tasks(const Handle& runtime);

/// The same for the runtime of the calling thread.
/// @throws NoRuntimeError if there is none.
[[nodiscard]] std::string dump_tasks();

}  // namespace edo
