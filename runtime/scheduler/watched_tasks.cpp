// SPDX-License-Identifier: MIT
// Tasks that somebody watches: hooks, the time they wait in queues, dumps.
#include "edo/runtime/core/task_extras.hpp"
#include "edo/runtime/scheduler/call_hook.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"

#include <mutex>
#include <new>
#include <utility>

namespace edo::detail {

namespace {

void tell(const std::function<void(const TaskMeta&)>& hook, const TaskCore& task) noexcept {
    if (!hook) {
        return;
    }
    const TaskName name = task.name();
    call_hook(hook, TaskMeta(TaskId(task.id()), name.text()));
}

}  // namespace

/// A new task that is not queued yet.
[[gnu::noinline]] void Scheduler::watch_spawned(TaskCore& task) noexcept {
    if (options_.schedule_latency_histogram || options_.track_schedule_latency) {
        try {
            if (task.extras() == nullptr) {
                task.set_extras(std::make_unique<TaskExtras>(TaskName(), nullptr));
            }
            task.extras()->is_timed = true;
            task.extras()->note_scheduled();
        } catch (const std::bad_alloc&) {
            // Metrics are no reason to fail: this one is not counted.
        }
    }
    tell_spawned(task);
}

void Scheduler::add_local(LocalList& list) noexcept {
    const std::lock_guard guard(locals_lock_);
    list.next = locals_;
    if (locals_ != nullptr) {
        locals_->prev = &list;
    }
    locals_ = &list;
}

void Scheduler::remove_local(LocalList& list) noexcept {
    const std::lock_guard guard(locals_lock_);
    (list.prev != nullptr ? list.prev->next : locals_) = list.next;
    if (list.next != nullptr) {
        list.next->prev = list.prev;
    }
}

std::vector<TaskReference> Scheduler::live_tasks(std::size_t& unlisted) {
    std::vector<TaskReference> tasks = owned_.snapshot(&unlisted);
    const std::lock_guard guard(locals_lock_);  // keeps the sets where they are
    for (LocalList* list = locals_; list != nullptr; list = list->next) {
        for (TaskReference& task : list->tasks.snapshot()) {
            tasks.push_back(std::move(task));
        }
    }
    return tasks;
}

void Scheduler::tell_spawned(const TaskCore& task) const noexcept {
    tell(options_.on_task_spawn, task);
}

void Scheduler::tell_terminated(const TaskCore& task) const noexcept {
    tell(options_.on_task_terminate, task);
}

}  // namespace edo::detail
