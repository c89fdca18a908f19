// SPDX-License-Identifier: MIT
// Where the exception of a task goes that nobody joins. Provided by the scheduler.
#pragma once

#include <cstdint>
#include <exception>

namespace edo::detail {

/// Hands the exception to the current runtime's `on_unhandled_exception` hook; without a runtime or
/// a hook, writes one error line to the log. Never throws.
void report_unhandled_exception(std::uint64_t task_id, const std::exception_ptr& error) noexcept;

}  // namespace edo::detail
