// SPDX-License-Identifier: MIT
#include "edo/runtime/task/leaf_branch.hpp"

namespace edo::detail {

void BranchFrame::end(void* frame) noexcept {
    PromiseBase& promise = static_cast<BranchFrame*>(frame)->promise_;
    promise.set_down(Down::end());
    Branch& branch = promise.up().branch();  // nobody else waits for it
    branch.group().branch_done(branch).resume();
}

}  // namespace edo::detail
