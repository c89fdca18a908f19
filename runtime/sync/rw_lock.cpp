// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/rw_lock.hpp"

namespace edo::sync {

MaxReaders::MaxReaders(std::size_t count) : count_(count) {
    if (count == 0 || count > detail::SemaphoreCore::kMaxPermits) {
        throw UsageError("edo: MaxReaders(" + std::to_string(count) +
                         "): a RwLock lets in at least 1 reader and at most " +
                         std::to_string(detail::SemaphoreCore::kMaxPermits));
    }
}

}  // namespace edo::sync
