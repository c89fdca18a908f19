// SPDX-License-Identifier: MIT
#include "edo/runtime/core/task_extras.hpp"

#include "edo/runtime/core/task_core.hpp"

#include <utility>

namespace edo::detail {

void TaskCore::set_extras(std::unique_ptr<TaskExtras> extras) noexcept {
    extras->owner = &first_owner();
    if (extras->values != nullptr) {
        phase_ |= kScoped;
    }
    // Without leaves in queues: a dump finds the frames of a task that has a name.
    TaskOwner* const first = extras.release();
    owner_ = reinterpret_cast<std::uintptr_t>(first);
    set_has_extras();
}

TaskOwner& TaskCore::owner() const noexcept {
    const TaskExtras* const all = extras();
    return all != nullptr ? *all->owner : first_owner();
}

TaskExtras* TaskCore::extras() const noexcept {
    return has_extras() ? static_cast<TaskExtras*>(&first_owner()) : nullptr;
}

AwaitScope* TaskCore::inherited() const noexcept {
    const TaskExtras* const all = extras();
    return all != nullptr && all->values != nullptr ? &all->values->scope() : nullptr;
}

TaskName TaskCore::name() const noexcept {
    const TaskExtras* const all = extras();
    return all != nullptr ? all->name : TaskName();
}

void TaskCore::drop_extras() noexcept {
    delete static_cast<TaskExtras*>(&first_owner());
}

}  // namespace edo::detail
