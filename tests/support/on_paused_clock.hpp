// SPDX-License-Identifier: MIT
// Runs a test where time stands still until nothing else is left to do.
#pragma once

#include "support/leak_guard.hpp"
#include <edo/runtime/runtime.hpp>

namespace edo::test {

/// Runs `make()` on a current_thread runtime that starts with a paused clock, and checks that
/// nothing leaks.
template <class Make>
void on_paused_clock(Make make) {
    const LeakGuard guard;
    Runtime runtime = Builder::current_thread().start_paused().build();
    runtime.block_on(make());
}

}  // namespace edo::test
