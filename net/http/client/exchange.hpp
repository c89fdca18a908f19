// SPDX-License-Identifier: MIT
// One request and its answer, in whichever version of HTTP.
#pragma once

#include "edo/net/http/any_io.hpp"
#include "edo/net/http/h1/limits.hpp"
#include "edo/net/http/request.hpp"
#include "edo/net/http/response.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"
#include "edo/runtime/time/instant.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace edo::http::detail {

class ClientPool;

/// The limits of an exchange.
struct ExchangeOptions {
    ExchangeOptions() = default;

    h1::Limits limits;
    std::optional<Duration> idle;     // how long nothing may move in either direction
    std::optional<Instant> deadline;  // of the whole exchange, with the body of the answer
    bool expects_continue = false;
};

/// Has a connection, or a share of one. Dropped before the answer was read to its end, it gives the
/// answer up.
class Exchange {
public:
    Exchange() = default;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    virtual ~Exchange() = default;

    /// Sends the request and reads the head of the answer, steps over informational ones. Returns
    /// when both are done, or earlier if the answer is no success: then the rest of the request is
    /// not sent.
    ///
    /// @param request Must outlive the operation; its body is used up unless it is text.
    [[nodiscard]] virtual Task<Result<Response>> perform(Request& request) = 0;
    /// Whether anything came from the server: if not, it may not have seen the request.
    [[nodiscard]] virtual bool has_received() const = 0;
    /// Whether the server has certainly not looked at the request.
    [[nodiscard]] virtual bool is_refused() const { return false; }
    /// Whether the server wants to be asked in HTTP/1.1.
    [[nodiscard]] virtual bool wants_http1() const { return false; }
    /// Whether it was the request's own body that failed.
    [[nodiscard]] virtual bool has_body_failed() const = 0;

    /// The next piece of the answer's body; nothing at the end.
    [[nodiscard]] virtual Task<Result<std::optional<std::string>>> next() = 0;
    [[nodiscard]] virtual std::optional<std::uint64_t> size() const = 0;
    [[nodiscard]] virtual const Headers* trailers() const = 0;
    /// Whether the answer has been read to its end.
    [[nodiscard]] virtual bool is_done() const = 0;

    [[nodiscard]] virtual std::optional<net::SocketAddr> peer() const = 0;
    /// Gives the connection back if another request can be sent on it.
    virtual void give_back(ClientPool& pool, const std::string& key) = 0;
    /// Takes the connection after a 101, with what was read from it already.
    [[nodiscard]] virtual AnyIo into_io() = 0;
};

}  // namespace edo::http::detail
