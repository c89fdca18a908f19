// SPDX-License-Identifier: MIT
// What it costs to select, and to arm and cancel a timer.

#include "support/scenario_benchmarks.hpp"

static const bool registered =
    bench::register_scenarios({"select", "timer_arm_cancel", "timer_arm_cancel_behind"});
