// SPDX-License-Identifier: MIT
#include "edo/runtime/local_set.hpp"

#include "edo/runtime/errors.hpp"

namespace edo {

detail::LocalTasks& detail::tasks_of(LocalSet& set) noexcept {
    return *set.tasks_;
}

LocalEnterGuard LocalSet::enter() {
    tasks_->check_thread();
    return LocalEnterGuard(*tasks_);
}

LocalRuntime::LocalRuntime(const Builder& builder) : runtime_(builder.build()) {
    if (handle().flavor() != Flavor::CurrentThread) {
        throw UsageError("edo: a LocalRuntime is a current_thread runtime");
    }
    detail::tasks_of(set_).join_runtime(handle().scheduler());
}

}  // namespace edo
