// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/call_hook.hpp"

#include "edo/runtime/diagnostics/log.hpp"

#include <exception>
#include <string>

namespace edo::detail {

void call_hook(const std::function<void()>& hook) noexcept {
    if (!hook) {
        return;
    }
    try {
        hook();
    } catch (const std::exception& error) {
        log_error(std::string("a thread hook threw an exception: ") + error.what());
    } catch (...) {
        log_error("a thread hook threw an exception that is not a std::exception");
    }
}

}  // namespace edo::detail
