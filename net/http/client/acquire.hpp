// SPDX-License-Identifier: MIT
// Where the next request of a client goes: on a connection that is there, or on a new one.
#pragma once

#include "edo/net/http/client/exchange.hpp"
#include "edo/net/http/client/execute.hpp"

#include <memory>
#include <string>
#include <utility>

namespace edo::http::detail {

/// What a request needs of its connection.
struct Route {
    Route(const Uri& to, const Uri* through, std::string pool_key, bool needs_http1)
        : url(to), proxy(through), key(std::move(pool_key)), is_http1(needs_http1) {}

    const Uri& url;
    const Uri* proxy;     // null for none
    std::string key;      // in the pool
    bool is_http1;        // it cannot be made in HTTP/2
    bool is_new = false;  // what is in the pool is not trusted
};

/// A connection, or a place on one.
class Acquired {
public:
    Acquired(std::unique_ptr<Exchange> its_exchange, bool was_there) noexcept
        : exchange(std::move(its_exchange)), is_old(was_there) {}

    std::unique_ptr<Exchange> exchange;
    bool is_old;  // others have used it before
};

/// @param core Must outlive the operation, as must what `route` refers to.
/// The errors are those of the connector, without a limit of time.
[[nodiscard]] Task<Result<Acquired>> acquire(ClientCore& core, const Route& route,
                                             const ExchangeOptions& options);

}  // namespace edo::http::detail
