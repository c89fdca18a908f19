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

}  // namespace edo::test
