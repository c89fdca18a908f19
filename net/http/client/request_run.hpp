// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/client/acquire.hpp"
#include "edo/net/http/client/exchange.hpp"
#include "edo/net/http/client/execute.hpp"

#include <memory>
#include <string>
#include <vector>

namespace edo::http::detail {

/// One request of a client, with all its redirects. Lives in the frame of the task that sends it.
class RequestRun {
public:
    RequestRun(ClientCore& core, PendingRequest& pending);
    RequestRun(const RequestRun&) = delete;
    RequestRun& operator=(const RequestRun&) = delete;

    [[nodiscard]] Task<ClientResult<ClientResponse>> run();

private:
    /// Sends the request to where it goes now, again if the connection turns out to be stale, or
    /// the server has refused to look at it.
    [[nodiscard]] Task<ClientResult<Response>> ask();
    /// Gets a connection in time.
    [[nodiscard]] Task<ClientResult<Acquired>> acquire(const Route& route,
                                                       const ExchangeOptions& options);
    void address_request();
    [[nodiscard]] bool may_repeat(const std::error_code& error, bool is_stale) const;

    void keep_cookies(const Response& response);
    /// Makes the next request of a redirect. False if the answer is to be taken as it is.
    [[nodiscard]] ClientResult<bool> redirect(const Response& response);
    /// Reads what is left of an answer that nobody wants, if it is little.
    [[nodiscard]] Task<void> drain();
    /// Gives the connection back if it can be used again.
    void release();
    [[nodiscard]] ClientResponse finish(Response response);

    ClientCore& core_;
    Request request_;
    Uri url_;
    ClientTimeouts timeouts_;
    std::optional<Instant> deadline_;
    bool expects_continue_;
    bool needs_http1_;
    bool has_own_cookies_;
    bool wants_gzip_ = false;
    const Uri* proxy_ = nullptr;  // of the current URL
    std::string key_;             // in the pool
    std::unique_ptr<Exchange> exchange_;
    std::vector<std::string> visited_;  // method and URL of the requests that were sent
};

}  // namespace edo::http::detail
