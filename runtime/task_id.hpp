// SPDX-License-Identifier: MIT
// Which task it is.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace edo {

/// Identifies a task in logs and dumps. Unique in the process.
class TaskId {
public:
    explicit TaskId(std::uint64_t value) noexcept : value_(value) {}
    [[nodiscard]] std::uint64_t value() const noexcept { return value_; }
    friend auto operator<=>(const TaskId&, const TaskId&) = default;

private:
    std::uint64_t value_;
};

/// What the hooks of `Builder` are told about a task.
class TaskMeta {
public:
    TaskMeta(TaskId id, std::string_view name,
             std::optional<std::chrono::nanoseconds> schedule_latency = std::nullopt) noexcept
        : id_(id), name_(name), schedule_latency_(schedule_latency) {}

    [[nodiscard]] TaskId id() const noexcept { return id_; }
    /// What `TaskBuilder::name` called it, or empty. Valid during the call of the hook.
    [[nodiscard]] std::string_view name() const noexcept { return name_; }

    /// How long the task waited in a queue for the turn that the hook is about; see
    /// `Builder::track_task_schedule_latency`.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> schedule_latency() const noexcept {
        return schedule_latency_;
    }

private:
    TaskId id_;
    std::string_view name_;
    std::optional<std::chrono::nanoseconds> schedule_latency_;
};

/// The task that the calling thread runs at the moment, be it in a coroutine, in a function that
/// one calls, or in a destructor; nothing elsewhere, and nothing in a blocking function. The root
/// of `block_on` is a task, too.
[[nodiscard]] std::optional<TaskId> current_task_id() noexcept;

/// The name of that task, or empty if it has none, or there is none. Valid until the task ends.
/// @par Example
/// @snippet local.cpp task_builder
[[nodiscard]] std::string_view current_task_name() noexcept;

}  // namespace edo
