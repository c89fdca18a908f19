// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/cancellation_token.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"

namespace edo::sync {

void CancellationToken::throw_empty() {
    throw UsageError("edo: this CancellationToken was moved from: copy it instead");
}

bool CancellationToken::Cancelled::Awaiter::await_ready() noexcept {
    charged_ = detail::spend_budget();
    return charged_ && token_.node_->is_cancelled();
}

bool CancellationToken::Cancelled::Awaiter::await_suspend(detail::TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    linked_once_ = token_.node_->add_waiter(*this);
    if (!linked_once_) {
        unbind();
    }
    return linked_once_;
}

std::coroutine_handle<> CancellationToken::Cancelled::Awaiter::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<Awaiter&>(leaf);
    if (self.linked_once_) {
        return self.handle();
    }
    self.rebind();
    self.linked_once_ = self.token_.node_->add_waiter(self);
    if (self.linked_once_) {
        return nullptr;
    }
    self.unbind();
    return self.handle();
}

void CancellationToken::Cancelled::Awaiter::stop() noexcept {
    if (linked_once_) {
        token_.node_->remove_waiter(*this);
    } else {
        withdraw();
    }
}

}  // namespace edo::sync
