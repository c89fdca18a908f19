// SPDX-License-Identifier: MIT
// The ids of tasks and jobs.
#include "edo/runtime/core/join_core.hpp"

#include <atomic>
#include <cstdint>

namespace edo::detail {

/// Ids are unique in the process. Each thread takes them in blocks, so that spawning does not share
/// a cache line between threads.
std::uint64_t JoinCore::next_id() noexcept {
    constexpr std::uint64_t kBlock = 1024;
    static constinit std::atomic<std::uint64_t> blocks{0};
    thread_local std::uint64_t next = 0;
    if (next % kBlock == 0) {
        next = blocks.fetch_add(1, std::memory_order_relaxed) * kBlock;
    }
    return ++next;
}

}  // namespace edo::detail
