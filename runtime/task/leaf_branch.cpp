// SPDX-License-Identifier: MIT
#include "edo/runtime/task/leaf_branch.hpp"

namespace edo::detail {

void BranchFrame::end(void* frame) noexcept {
    static_cast<BranchFrame*>(frame)->promise_.complete().resume();
}

}  // namespace edo::detail
