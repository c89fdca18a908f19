// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/membarrier.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace edo::detail {

namespace {

bool membarrier(int command) noexcept {
    return ::syscall(SYS_membarrier, command, 0U, 0) == 0;
}

}  // namespace

bool can_fence_all_threads() noexcept {
    static const bool registered = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    return registered;
}

void fence_all_threads() noexcept {
    membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

}  // namespace edo::detail
