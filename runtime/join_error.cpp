// SPDX-License-Identifier: MIT
#include "edo/runtime/join_error.hpp"

#include "edo/runtime/errors.hpp"

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

}  // namespace edo
