// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/watch_core.hpp"

#include "edo/runtime/errors.hpp"

#include <string>

namespace edo::detail {

bool WatchCore::drop_sender() noexcept {
    if (senders_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        state_.fetch_or(kClosed, std::memory_order_seq_cst);
        changed_.wake_all();
    }
    return release();
}

bool WatchCore::drop_receiver() noexcept {
    if (receivers_.fetch_sub(1, std::memory_order_seq_cst) == 1) {
        closed_.wake_all();
    }
    return release();
}

void throw_watch_empty(const char* what) {
    throw UsageError(std::string("edo: this watch ") + what + " is empty: it was moved from");
}

}  // namespace edo::detail
