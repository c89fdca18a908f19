// SPDX-License-Identifier: MIT
#include "edo/runtime/task_id.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/task_core.hpp"

namespace edo {

std::optional<TaskId> current_task_id() noexcept {
    const detail::TaskCore* const task = detail::context().task;
    return task != nullptr ? std::optional(TaskId(task->id())) : std::nullopt;
}

std::string_view current_task_name() noexcept {
    const detail::TaskCore* const task = detail::context().task;
    return task != nullptr ? task->name().text() : std::string_view();  // the task keeps the text
}

}  // namespace edo
