// SPDX-License-Identifier: MIT
#include "edo/runtime/reactor/io_op.hpp"

#include "edo/runtime/errors.hpp"

namespace edo::detail {

std::error_code IoOp::wait_error() const noexcept {
    switch (Category(room_.kind)) {
        case Category::System:
            return {room_.number, std::system_category()};
        case Category::Edo:
            return {room_.number, error_category()};
        case Category::Generic:
            break;
    }
    return {room_.number, std::generic_category()};
}

void IoOp::fail(std::error_code error) noexcept {
    // Numbers of system calls, and of edo: all of them are small.
    room_.number = std::int16_t(error.value());
    Category category = Category::Generic;
    if (error.category() == error_category()) {
        category = Category::Edo;
    } else if (error.category() == std::system_category()) {
        category = Category::System;
    }
    room_.kind = std::uint8_t(category);
}

bool IoOp::try_now() noexcept {
    const std::uint32_t generation = source_->generation(direction());
    if (!source_->may_be_ready(direction())) {
        return false;
    }
    if (attempt_(*this, generation)) {
        return true;
    }
    source_->set_blocked(direction(), generation);
    return false;
}

/// True when the operation is complete; else it waits.
bool IoOp::poll() noexcept {
    for (;;) {
        if (try_now()) {
            return true;
        }
        std::error_code error;
        switch (source_->wait(direction(), *this, error)) {
            case IoSource::Wait::Waiting:
                return false;
            case IoSource::Wait::Retry:
                break;
            case IoSource::Wait::Failed:
                fail(error);
                return true;
        }
    }
}

bool IoOp::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!has_flag(kCharged)) {
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
