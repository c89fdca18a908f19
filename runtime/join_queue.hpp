// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/join_set.hpp"

namespace edo {

/// A `JoinSet` that joins its tasks in the order in which they were spawned, not in that in which
/// they end: results come first in, first out, although the tasks run in parallel.
///
/// All functions are those of `JoinSet`. `try_join_next` yields nothing as long as the oldest task
/// has not ended.
///
/// @par Cancel safety
/// That of `JoinSet`.
///
/// @par Thread safety
/// None: one task at a time uses the queue. Its tasks run on all workers.
///
/// @par Misuse
/// Any use of a moved-from queue but assignment and destruction throws `UsageError`; so does a wait
/// whose queue is destroyed, or assigned to, by another branch of the task.
///
/// @par Example
/// @snippet tasks.cpp join_queue
template <class T = void>
class JoinQueue : public JoinSet<T> {
public:
    JoinQueue() : JoinSet<T>(detail::JoinOrder::AsTheyBegan) {}
};

}  // namespace edo
