// SPDX-License-Identifier: MIT
#include "edo/runtime/coop.hpp"

namespace edo {

bool has_budget_remaining() noexcept {
    const detail::Context& c = detail::context();
    return c.task == nullptr || c.budget > 0;
}

}  // namespace edo
