// SPDX-License-Identifier: MIT
#include "edo/runtime/task/basic_handle.hpp"

#include "edo/runtime/errors.hpp"

#include <string>

namespace edo::detail {

void HandleWait::throw_abandoned() {
    throw UsageError(
        "edo: the handle of a task was destroyed, assigned to or detached while it was awaited: "
        "keep it until the wait has ended, or end the task with abort");
}

void throw_empty_handle(const char* kind) {
    throw UsageError(std::string("edo: this ") + kind +
                     " is empty: it was moved from, detached, or awaited");
}

void throw_awaited_twice(const char* kind) {
    throw UsageError(std::string("edo: this ") + kind +
                     " is awaited already: one branch at a time may await it");
}

}  // namespace edo::detail
