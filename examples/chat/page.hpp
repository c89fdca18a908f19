// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace chat {

/// The page that browsers show: a chat over the WebSocket at /chat of the same server.
[[nodiscard]] std::string_view page() noexcept;

}  // namespace chat
