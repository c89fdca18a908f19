// SPDX-License-Identifier: MIT
#include "edo/runtime/core/spin_lock.hpp"

#include <thread>

namespace edo::detail {

void spin_wait(unsigned round) noexcept {
    constexpr unsigned kPauses = 32;
    if (round < kPauses) {
        cpu_relax();
    } else {
        std::this_thread::yield();
    }
}

}  // namespace edo::detail
