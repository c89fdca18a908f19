// SPDX-License-Identifier: MIT
// A task that the test resumes by hand, turn by turn: `testing::ManualTask` with the words of join
// handles, which most tests are about.
#pragma once

#include <edo/runtime/testing/manual_task.hpp>

namespace edo::test {

template <class T>
class SteppedTask : public testing::ManualTask<T> {
public:
    explicit SteppedTask(Task<T> task) : testing::ManualTask<T>(std::move(task)) {}

    [[nodiscard]] bool is_finished() const noexcept { return this->is_done(); }
};

}  // namespace edo::test
