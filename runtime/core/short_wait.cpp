// SPDX-License-Identifier: MIT
#include "edo/runtime/core/short_wait.hpp"

#include <sched.h>

namespace edo::detail {

ShortWait::Manner ShortWait::best_here() noexcept {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    const bool known = ::sched_getaffinity(0, sizeof cpus, &cpus) == 0;
    return known && CPU_COUNT(&cpus) == 1 ? Manner::Yields : Manner::Pauses;
}

}  // namespace edo::detail
