// SPDX-License-Identifier: MIT
#include "edo/runtime/core/unhandled_exception.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"

namespace edo::detail {

namespace {

std::string describe(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception that is not a std::exception";
    }
}

}  // namespace

void report_unhandled_exception(std::uint64_t task_id, const std::exception_ptr& error) noexcept {
    try {
        const Scheduler* const scheduler = tls_context.scheduler;
        if (scheduler != nullptr && scheduler->options().on_unhandled_exception) {
            scheduler->options().on_unhandled_exception(task_id, error);
            return;
        }
        log_error("task " + std::to_string(task_id) +
                  " ended with an exception that nobody awaits: " + describe(error));
    } catch (...) {  // NOLINT: a hook that throws must not end the process
    }
}

}  // namespace edo::detail
