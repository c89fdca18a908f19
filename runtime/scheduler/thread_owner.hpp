// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/core/thread_signal.hpp"

namespace edo::detail {

class Scheduler;

/// Owns one task and runs it on the thread that waits for it, which sleeps between its turns.
class ThreadOwner final : public TaskOwner {
public:
    void schedule(TaskCore& task) noexcept override;
    void forget(TaskCore& task) noexcept override;
    [[nodiscard]] bool keeps_thread() const noexcept override { return true; }

    /// Runs `root`, whose owner this is, until it is finished. Its `spawn`, timers and sockets use
    /// `scheduler`; null means that it has none.
    void run(TaskCore& root, Scheduler* scheduler) noexcept;

private:
    ThreadSignal scheduled_;
};

/// Whether the calling thread runs tasks, which it would stall if it blocked.
[[nodiscard]] bool must_not_block() noexcept;

}  // namespace edo::detail
