// SPDX-License-Identifier: MIT
#include "edo/runtime/spawn_place.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/local/local_tasks.hpp"

namespace edo::detail {

LocalTasks& current_local_tasks() {
    if (const AwaitScope* const scope = find_scope(kLocalKey)) {
        return *static_cast<LocalTasks*>(scope->value());
    }
    if (tls_context.local == nullptr) {
        throw UsageError(
            "edo: spawn_local needs a LocalSet, and this is not inside one: call it from a task of "
            "one, within run_until, or on the set itself");
    }
    return *tls_context.local;
}

SpawnPlace::SpawnPlace(LocalTasks& tasks, const TaskName* name)
    : scheduler_(nullptr), owner_(&tasks), name_(name) {
    tasks.check_thread();
}

void SpawnPlace::queue(TaskCore& task) const {
    if (scheduler_ != nullptr) {
        spawn_on(*scheduler_, task, name_);
    } else {
        static_cast<LocalTasks&>(*owner_).spawn(task, name_);
    }
}

}  // namespace edo::detail
