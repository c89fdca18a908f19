// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/call_hook.hpp"

#include "edo/runtime/diagnostics/log.hpp"

#include <exception>
#include <string>
#include <type_traits>

namespace edo::detail {

namespace {

template <class... Args>
void call_logged(const std::function<void(Args...)>& hook,
                 const std::type_identity_t<Args>&... args) noexcept {
    if (!hook) {
        return;
    }
    try {
        hook(args...);
    } catch (const std::exception& error) {
        log_error(std::string("a hook of the runtime threw an exception: ") + error.what());
    } catch (...) {
        log_error("a hook of the runtime threw an exception that is not a std::exception");
    }
}

}  // namespace

void call_hook(const std::function<void()>& hook) noexcept {
    call_logged(hook);
}

void call_hook(const std::function<void(const TaskMeta&)>& hook, const TaskMeta& task) noexcept {
    call_logged<const TaskMeta&>(hook, task);
}

}  // namespace edo::detail
