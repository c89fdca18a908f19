// SPDX-License-Identifier: MIT
// How many threads the process has.
#pragma once

#include <cstddef>

namespace edo::test {

/// The threads of this process. One that was joined a moment ago may still be among them: a later
/// count can be lower without anything having happened.
[[nodiscard]] std::size_t count_threads();
/// Waits until there are no more threads than that; false if there still are after 5 seconds.
[[nodiscard]] bool threads_fall_to(std::size_t most);

/// Checks, when it goes out of scope, that no thread has been started since it was made, not even
/// one that has ended. For a process that has one thread: see `run_case_in_child`.
class [[nodiscard]] NoNewThread {
public:
    NoNewThread();
    ~NoNewThread();
    NoNewThread(const NoNewThread&) = delete;
    NoNewThread& operator=(const NoNewThread&) = delete;

private:
    // What a sanitizer has started is there at the beginning, too.
    std::size_t threads_;
    bool was_single_;
};

}  // namespace edo::test
