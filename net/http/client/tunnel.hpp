// SPDX-License-Identifier: MIT
// CONNECT: asks a proxy for a tunnel.
#pragma once

#include "edo/net/http/h1/limits.hpp"
#include "edo/net/http/uri.hpp"
#include "edo/net/tcp_stream.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

namespace edo::http::detail {

/// Makes a connection to a proxy one to the host of `url`.
///
/// @param stream Connected to the proxy. All of these must outlive the operation.
/// `Errc::ProxyRefused` unless the proxy answers with success; errors of the connection and of
/// answers.
[[nodiscard]] Task<Result<void>> open_tunnel(net::TcpStream& stream, const Uri& url,
                                             const Uri& proxy, const h1::Limits& limits);

}  // namespace edo::http::detail
