// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/response.hpp"

#include <exception>
#include <system_error>

namespace edo::http::detail {

/// Logs what a service has thrown, and makes the answer: 500, which tells nothing about it.
[[nodiscard]] Response answer_to_failure(const std::exception_ptr& error);

/// The answer to a request that is not given to the service, because of `error`.
[[nodiscard]] Response answer_to_refused(std::error_code error);

}  // namespace edo::http::detail
