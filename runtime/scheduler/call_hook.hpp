// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/task_id.hpp"

#include <functional>

namespace edo::detail {

/// Calls a hook of the user, if there is one. What it throws is logged: it must not end the thread
/// of the runtime on which it is called, and with it the process.
void call_hook(const std::function<void()>& hook) noexcept;
void call_hook(const std::function<void(const TaskMeta&)>& hook, const TaskMeta& task) noexcept;

}  // namespace edo::detail
