// SPDX-License-Identifier: MIT
// What nghttp2 calls on the server's side, with what it has found in the bytes of a client, and for
// what it is to send. It does so from within `ServerCore::receive` and `ServerCore::send` only.
#pragma once

#include "edo/net/http/h2/nghttp2_handles.hpp"

namespace edo::http::h2::detail {

/// For a session whose `user_data` is a `ServerCore`.
[[nodiscard]] NewCallbacks make_server_callbacks();

/// Takes the body of an answer from its `ServerStream`.
[[nodiscard]] nghttp2_data_provider answer_provider() noexcept;

}  // namespace edo::http::h2::detail
