// SPDX-License-Identifier: MIT
// All live tasks of one runtime: what shutdown cancels and what a dump prints.
#pragma once

#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/core/task_core.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace edo::detail {

/// Keeps a task's cell, finished or not.
struct ReleaseTask {
    void operator()(TaskCore* task) const noexcept { task->release_reference(); }
};
using TaskReference = std::unique_ptr<TaskCore, ReleaseTask>;

/// Lists sharded by task id. Ids are taken in blocks by each thread, so threads that spawn at the
/// same time mostly use different shards.
class OwnedTasks {
public:
    explicit OwnedTasks(unsigned workers);

    /// False when the runtime is shutting down: the task must be cancelled instead of queued.
    bool add(TaskCore& task) noexcept;
    void remove(TaskCore& task) noexcept;

    /// From now on `add` refuses; asks every task to stop.
    void close_and_abort() noexcept;

    [[nodiscard]] std::size_t size() const noexcept;

    /// The live tasks.
    [[nodiscard]] std::vector<TaskReference> snapshot();

private:
    struct alignas(64) Shard {
        SpinLock lock;
        bool closed = false;
        TaskCore* head = nullptr;
        std::atomic<std::size_t> size{0};  // written under the lock
    };
    [[nodiscard]] Shard& shard_of(const TaskCore& task) noexcept {
        return shards_[(task.id() / 1024) & mask_];
    }

    std::size_t mask_;
    std::unique_ptr<Shard[]> shards_;
};

}  // namespace edo::detail
