// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/uri.hpp"
#include "edo/runtime/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edo::http {

/// Which requests of a client go through which proxy. None by default.
///
/// A request for `http://` is sent to the proxy with the whole URL. For `https://` the proxy is
/// asked for a tunnel (CONNECT), and sees neither the request nor the answer. User name and
/// password in the URL of the proxy become `Proxy-Authorization`. The proxy itself is spoken to in
/// plain text: its URL begins with `http://`.
///
/// @par Example
/// @snippet http_client.cpp proxy
class Proxies {
public:
    Proxies() = default;

    /// What the environment says, as curl reads it: `http_proxy`, `https_proxy` or `HTTPS_PROXY`,
    /// `all_proxy` or `ALL_PROXY` for both, and `no_proxy` or `NO_PROXY`. `HTTP_PROXY` is not read:
    /// in a CGI program it is what a client has sent as the header `Proxy`.
    ///
    /// @par Errors
    /// Those of `UriErrc`: a variable has no URL in it. A missing `http://` is added.
    [[nodiscard]] static Result<Proxies> from_environment();

    /// For `http://`.
    Proxies& http(Uri proxy);
    /// For `https://`.
    Proxies& https(Uri proxy);
    /// For both.
    Proxies& all(const Uri& proxy);
    /// Hosts that are spoken to directly, separated by commas: "localhost, .example.org, 10.0.0.1",
    /// or
    /// "*" for all of them. A name stands for its subdomains too; networks as 10.0.0.0/8 are not
    /// known.
    Proxies& except(std::string_view hosts);

    /// The proxy for that URL, or null.
    [[nodiscard]] const Uri* find(const Uri& url) const noexcept;

private:
    [[nodiscard]] bool is_excepted(std::string_view host) const noexcept;

    std::optional<Uri> http_;
    std::optional<Uri> https_;
    std::vector<std::string> except_;
};

}  // namespace edo::http
