// SPDX-License-Identifier: MIT
// What only few tasks have: a name, and values that were inherited from the task that spawned them.
#pragma once

#include "edo/runtime/core/inherited.hpp"
#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/core/task_name.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace edo::detail {

/// Stands between a task and its owner, so that a task without needs no room for it. Lives as long
/// as the task's cell; the owner is used only until the task is complete.
class TaskExtras final : public TaskOwner {
public:
    TaskExtras(TaskName task_name, std::unique_ptr<Inherited> task_values) noexcept
        : name(std::move(task_name)), values(std::move(task_values)) {}

    void schedule(TaskCore& task) noexcept override {
        note_scheduled();
        owner->schedule(task);
    }
    /// By whoever made the task Scheduled, before it is queued.
    void note_scheduled() noexcept {
        if (is_timed) {
            scheduled_at = std::chrono::steady_clock::now();
        }
    }
    void forget(TaskCore& task) noexcept override {
        values.reset();  // before anybody learns that the task is over
        owner->forget(task);
    }
    [[nodiscard]] bool keeps_thread() const noexcept override { return owner->keeps_thread(); }

    TaskOwner* owner = nullptr;
    const TaskName name;
    std::unique_ptr<Inherited> values;  // innermost first
    /// Whether somebody wants to know how long the task waits in queues, and since when it does.
    bool is_timed = false;
    std::chrono::steady_clock::time_point scheduled_at;
};

}  // namespace edo::detail
