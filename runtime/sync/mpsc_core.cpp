// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/mpsc_core.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/sync/mpsc_bounded_core.hpp"
#include "edo/runtime/sync/mpsc_unbounded_core.hpp"

#include <string>

namespace edo::detail {

bool MpscCore::revive_sender() noexcept {
    std::size_t count = senders_.load(std::memory_order_relaxed);
    do {
        if (count == 0) {
            return false;
        }
    } while (!senders_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed));
    return true;
}

template <class Core>
bool MpscRecvWait<Core>::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    return wait();
}

/// Nothing was there. True while it waits.
template <class Core>
inline bool MpscRecvWait<Core>::wait() noexcept {
    busy_ = !core_->receiver().set(*this);
    if (!busy_ && (!core_->is_ready() || !core_->receiver().remove(*this))) {
        return true;  // or a sender came in between and has claimed the leaf
    }
    unbind();
    return false;
}

template <class Core>
std::coroutine_handle<> MpscRecvWait<Core>::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<MpscRecvWait&>(leaf);
    if (self.core_->is_ready()) [[likely]] {
        return self.handle();
    }
    self.rebind();
    return self.wait() ? nullptr : self.handle();
}

template <class Core>
MpscRecvWait<Core>::~MpscRecvWait() {
    if (!is_suspended()) {
        return;
    }
    if (core_->receiver().remove(*this)) {
        unbind();
    } else {
        withdraw();
    }
}

template <class Core>
void MpscRecvWait<Core>::throw_busy() {
    throw UsageError("edo: two coroutines wait for the same mpsc receiver; only one may");
}

template class MpscRecvWait<MpscBoundedCore>;
template class MpscRecvWait<MpscUnboundedCore>;

void throw_mpsc_empty(const char* what) {
    throw UsageError(std::string("edo: this mpsc ") + what + " is empty: it was moved from");
}

}  // namespace edo::detail
