// SPDX-License-Identifier: MIT
// What it costs to go from one task to another.

#include "support/scenario_benchmarks.hpp"

static const bool registered = bench::register_scenarios({"yield", "yield_many", "ping_pong"});
