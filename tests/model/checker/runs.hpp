// SPDX-License-Identifier: MIT
// How each kind of case is run and judged. They print one line, or what failed, and return whether
// all is well.
#pragma once

#include "checker/model.hpp"

namespace edo::model {

bool run_check(const Check& check);
bool run_control(const Control& control);
bool run_failing(const Failing& failing);
bool run_litmus(const Litmus& litmus);

/// For each line of source with an order above relaxed that the checks with `part` in their names
/// execute: weakens it, and runs all checks that execute it. Prints what none of them notices.
int sweep(const char* part);

}  // namespace edo::model
