// SPDX-License-Identifier: MIT
#include "edo/runtime/abort_handle.hpp"

#include "edo/runtime/join_handle.hpp"

namespace edo {

TaskId AbortHandle::id() const {
    if (core_ == nullptr) {
        throw UsageError("edo: this AbortHandle is empty: it was moved from");
    }
    return TaskId(core_->id());
}

}  // namespace edo
