// SPDX-License-Identifier: MIT
#include "edo/runtime/reactor/io_op.hpp"

namespace edo::detail {

bool IoOp::try_now() noexcept {
    const std::uint32_t generation = source_->generation(direction_);
    if (!source_->may_be_ready(direction_)) {
        return false;
    }
    if (attempt_(*this, generation)) {
        return true;
    }
    source_->set_blocked(direction_, generation);
    return false;
}

/// True when the operation is complete; else it waits.
bool IoOp::poll() noexcept {
    for (;;) {
        if (try_now()) {
            return true;
        }
        switch (source_->wait(direction_, *this, error_)) {
            case IoSource::Wait::Waiting:
                return false;
            case IoSource::Wait::Retry:
                break;
            case IoSource::Wait::Failed:
                return true;
        }
    }
}

bool IoOp::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    if (poll()) {
        unbind();
        return false;
    }
    return true;
}

std::coroutine_handle<> IoOp::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<IoOp&>(leaf);
    self.rebind();
    if (self.poll()) {
        self.unbind();
        return self.handle();
    }
    return nullptr;
}

}  // namespace edo::detail
