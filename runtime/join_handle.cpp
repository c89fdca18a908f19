// SPDX-License-Identifier: MIT
#include "edo/runtime/join_handle.hpp"

namespace edo {

void JoinError::rethrow() const {
    if (is_cancelled()) {
        throw UsageError("edo: " + message() + "; there is no exception to rethrow");
    }
    std::rethrow_exception(exception_);
}

std::string JoinError::message() const {
    std::string task = "task " + std::to_string(id_.value());
    if (!name_.empty()) {
        task.append(" '").append(name_.text()).append("'");
    }
    if (is_cancelled()) {
        return task + " was cancelled";
    }
    try {
        std::rethrow_exception(exception_);
    } catch (const std::exception& error) {
        return task + " failed: " + error.what();
    } catch (...) {
        return task + " failed with an exception that is not a std::exception";
    }
}

namespace detail {

bool JoinWait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    registered_ = core_->add_joiner(*this);
    if (!registered_) {
        unbind();
    }
    return registered_;
}

std::coroutine_handle<> JoinWait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<JoinWait&>(leaf);
    if (self.registered_ || self.core_->is_finished()) {
        self.registered_ = false;
        return self.handle();
    }
    self.rebind();
    self.registered_ = self.core_->add_joiner(self);
    if (self.registered_) {
        return nullptr;
    }
    self.unbind();
    return self.handle();
}

void JoinWait::stop() noexcept {
    if (!is_suspended()) {
        return;
    }
    if (registered_) {
        core_->remove_joiner(*this);
    } else {
        withdraw();
    }
}

}  // namespace detail

}  // namespace edo
