// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/task/task.hpp"
#include "edo/runtime/time/instant.hpp"

namespace edo {

/// Stops the clock of the running current_thread runtime: `now()` stands still, and timers fire
/// only when the clock is moved. For tests of code that sleeps.
///
/// While the clock is paused, time moves on by itself when there is nothing else to do: no task can
/// run, and nothing is under way that will come back by itself (a blocking function, a name
/// look-up, a connect). Then it jumps to the next timer. A socket that waits for a peer does not
/// hold it up.
///
/// @throws NoRuntimeError outside a runtime; UsageError on a multi-threaded one, or if paused
/// already.
/// @par Example
/// @snippet time.cpp paused
void pause();

/// Lets a paused clock run on from where it stands.
/// @throws NoRuntimeError outside a runtime; UsageError if the clock is not paused.
void resume();

/// Moves a paused clock forward by `delay`, timer by timer: the tasks of each timer on the way get
/// to run before the next one fires.
/// @throws UsageError from the `co_await` if the clock is not paused.
[[nodiscard]] Task<void> advance(Duration delay);

}  // namespace edo
