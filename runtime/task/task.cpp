// SPDX-License-Identifier: MIT
#include "edo/runtime/task/task.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"

namespace edo::detail {

void check_can_await_started(const PromiseBase* promise) {
    if (promise == nullptr) {
        throw UsageError("edo: awaited an empty Task; it was moved from, or awaited before");
    }
    if (promise->up().to() == Up::To::Orphan && &promise->up().task() != context().task) {
        throw UsageError(
            "edo: this Task was started by `select` in another task and cannot change tasks; await "
            "it where it was started, or spawn it and share its JoinHandle");
    }
}

void throw_cannot_spawn(const PromiseBase* promise) {
    if (promise == nullptr) {
        throw UsageError("edo: spawned an empty Task; it was moved from, or awaited before");
    }
    throw UsageError(
        "edo: this Task was started by `select` already and cannot become a task of its own; await "
        "it where it was started, or spawn it first and share its JoinHandle");
}

}  // namespace edo::detail
