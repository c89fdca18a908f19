// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/scheduler/owned_tasks.hpp"

namespace edo::detail {

/// The live tasks of a local set, for the set itself and for dumps of the runtime that it is used
/// in. The set's thread takes the place of a worker.
struct LocalList {
    LocalList() : tasks(1) {}

    OwnedTasks tasks;
    // Guarded by the lock of the runtime's lists.
    LocalList* next = nullptr;
    LocalList* prev = nullptr;
};

}  // namespace edo::detail
