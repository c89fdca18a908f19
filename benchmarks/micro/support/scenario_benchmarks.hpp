// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>

namespace bench {

/// Registers a Google Benchmark for each of the named scenarios of ../edo/scenarios.hpp, on each
/// flavour. Its time is that of the driver; `time_per_op` is the time of one operation.
bool register_scenarios(std::initializer_list<const char*> names);

}  // namespace bench
