// SPDX-License-Identifier: MIT
// From OpenSSL's queue of errors, which belongs to the thread, to a `std::error_code`.
#pragma once

#include <system_error>

namespace edo::detail {

/// The first error in the queue of this thread, as a code of the category "tls". Empties the queue.
[[nodiscard]] std::error_code take_openssl_error() noexcept;
/// Empties the queue of this thread, which it mostly is: OpenSSL's own function touches all of it.
void clear_openssl_errors() noexcept;
/// What the verification of a certificate said: one of `X509_V_ERR_...`.
[[nodiscard]] std::error_code verify_error(long result) noexcept;

}  // namespace edo::detail
