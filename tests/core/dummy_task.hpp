// SPDX-License-Identifier: MIT
// A task without a coroutine, for tests of what only queues and lists tasks.
#pragma once

#include <edo/runtime/core/task_core.hpp>

#include <atomic>
#include <coroutine>
#include <exception>

namespace edo::test {

/// Counts what it is asked for.
class CountingOwner final : public detail::TaskOwner {
public:
    void schedule(detail::TaskCore& /*task*/) noexcept override { ++scheduled; }
    void forget(detail::TaskCore& /*task*/) noexcept override { ++forgotten; }

    std::atomic<int> scheduled = 0;
    std::atomic<int> forgotten = 0;
};

class DummyTask final : public detail::TaskCore {
public:
    DummyTask() : TaskCore(owner()) {}

    /// For tests that look whether each task was seen exactly once.
    std::atomic<int> seen = 0;

private:
    static CountingOwner& owner() {
        static CountingOwner instance;
        return instance;
    }
    detail::Outcome collect() noexcept override { return detail::Outcome::Value; }
    void cancel() noexcept override {}
    [[nodiscard]] bool is_gone() const noexcept override { return false; }
    void destroy() noexcept override {}
    [[nodiscard]] std::exception_ptr stored_exception() const noexcept override { return nullptr; }
    [[nodiscard]] detail::Leaf& choose(const detail::ReadyList& ready) const noexcept override {
        return *ready.front();
    }
};

}  // namespace edo::test
