// SPDX-License-Identifier: MIT
// All that was registered, for the main function.
#pragma once

#include "checker/model.hpp"

namespace edo::model {

[[nodiscard]] const Check* all_checks() noexcept;
[[nodiscard]] const Control* all_controls() noexcept;
[[nodiscard]] const Failing* all_failings() noexcept;
[[nodiscard]] const Litmus* all_litmus_tests() noexcept;

}  // namespace edo::model
