// SPDX-License-Identifier: MIT
// `errno` as a `Result`.
#pragma once

#include "edo/runtime/result.hpp"

#include <cerrno>
#include <system_error>

namespace edo::detail {

[[nodiscard]] inline std::error_code last_error() noexcept {
    return {errno, std::generic_category()};
}

/// The result of a system call that returns a negative number on failure.
[[nodiscard]] inline Result<void> check(int returned) noexcept {
    if (returned < 0) {
        return failure(last_error());
    }
    return {};
}

/// Calls `call` again as long as a signal interrupts it.
template <class Call>
auto uninterrupted(Call call) noexcept {
    for (;;) {
        const auto returned = call();
        if (returned >= 0 || errno != EINTR) {
            return returned;
        }
    }
}

}  // namespace edo::detail
