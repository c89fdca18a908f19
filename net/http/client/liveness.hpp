// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/any_io.hpp"

namespace edo::http::detail {

/// Whether a connection on which nothing is under way can take a request, as far as one can see
/// without waiting: false if the server has closed it, or has sent something that nobody asked for.
/// Connections other than TCP are taken to be alive.
[[nodiscard]] bool may_be_alive(AnyIo& io) noexcept;

}  // namespace edo::http::detail
