// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/request.hpp"

namespace edo::http::filter::detail {

/// Writes the exception that is being handled to the log. The target of a request may hold secrets
/// in its query, which is left out.
void log_handler_exception(const Request& request) noexcept;

}  // namespace edo::http::filter::detail
