// SPDX-License-Identifier: MIT
// Replies as text for people.
#pragma once

#include "client_codec.hpp"

#include <string>

namespace mini_redis {

/// The reply as `redis-cli` shows it: "(integer) 1", "(nil)", arrays with numbered lines. Safe to
/// print: bytes that are not text appear as symbols. Ends with the end of a line.
[[nodiscard]] std::string show(const Reply& reply);

}  // namespace mini_redis
