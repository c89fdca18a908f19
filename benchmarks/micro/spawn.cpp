// SPDX-License-Identifier: MIT
// What it costs to start a task, and to wait for it.

#include "support/scenario_benchmarks.hpp"

static const bool registered =
    bench::register_scenarios({"spawn", "spawn_join", "spawn_many_join", "chained_spawn"});
