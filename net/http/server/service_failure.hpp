// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/response.hpp"

#include <exception>

namespace edo::http::detail {

/// Logs what a service has thrown, and makes the answer: 500, which tells nothing about it.
[[nodiscard]] Response answer_to_failure(const std::exception_ptr& error);

}  // namespace edo::http::detail
