// SPDX-License-Identifier: MIT
// What a redirect makes of a request. RFC 9110, section 15.4.
#pragma once

#include "edo/net/http/headers.hpp"
#include "edo/net/http/method.hpp"
#include "edo/net/http/status.hpp"
#include "edo/net/http/uri.hpp"
#include "edo/runtime/result.hpp"

#include <string_view>

namespace edo::http::detail {

/// Whether an answer with this status sends the client somewhere else, if it has a `Location`.
[[nodiscard]] bool is_redirect(Status status) noexcept;

/// The method of the next request. 301 and 302 make POST a GET, as all browsers do; 303 makes
/// everything but HEAD one; 307 and 308 change nothing.
[[nodiscard]] Method redirected_method(Status status, Method method) noexcept;

/// Where a `Location` points to. Spaces and characters that are not ASCII are encoded, as browsers
/// do it; the fragment is kept unless there is a new one; credentials in it are not taken.
///
/// `Errc::BadRedirect` unless it is an address with http or https.
[[nodiscard]] Result<Uri> redirect_target(const Uri& from, std::string_view location);

/// Removes what the other host must not see: credentials and cookies.
void drop_credentials(Headers& headers);
/// Removes what describes a body that is not sent any more.
void drop_body_headers(Headers& headers);

}  // namespace edo::http::detail
