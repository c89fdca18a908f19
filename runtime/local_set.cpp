// SPDX-License-Identifier: MIT
#include "edo/runtime/local_set.hpp"

#include "edo/runtime/errors.hpp"

namespace edo {

LocalEnterGuard LocalSet::enter() {
    tasks_->check_thread();
    return LocalEnterGuard(*tasks_);
}

LocalRuntime::LocalRuntime(const Builder& builder) : runtime_(builder.build()) {
    if (handle().flavor() != Flavor::CurrentThread) {
        throw UsageError("edo: a LocalRuntime is a current_thread runtime");
    }
}

}  // namespace edo
