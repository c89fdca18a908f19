// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/uri.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edo::http {

/// The cookies of a client, in memory (RFC 6265): which come back to whom is decided by domain,
/// path, `Secure` and expiry.
///
/// A cookie without `Domain` goes to its own host only. There is no list of public suffixes: a
/// domain of one label, as "com", is refused, "co.uk" is not. `Secure` cookies are neither taken
/// from nor sent to `http://`; the prefixes `__Secure-` and `__Host-` are kept to. `SameSite` has
/// no meaning without pages.
///
/// It holds at most 3000 cookies, 180 of one domain, of at most 4096 bytes; the oldest go.
///
/// @par Thread safety
/// All functions may be called by several threads at the same time.
/// @par Example
/// @snippet http_client.cpp cookies
class CookieJar {
public:
    using Clock = std::chrono::system_clock;

    CookieJar() = default;
    CookieJar(const CookieJar&) = delete;
    CookieJar& operator=(const CookieJar&) = delete;

    /// Takes the value of a header `Set-Cookie` that came from that address.
    /// @return Whether it was taken: a cookie for another domain is not, for example.
    bool set(std::string_view set_cookie, const Uri& from, Clock::time_point now = Clock::now());
    /// The value of the header `Cookie` for a request to that address; empty if there are none.
    [[nodiscard]] std::string header_for(const Uri& to, Clock::time_point now = Clock::now());
    /// Forgets all cookies.
    void clear();
    /// How many there are, expired ones among them.
    [[nodiscard]] std::size_t size() const;

private:
    struct Cookie {
        std::string name;
        std::string value;
        std::string domain;
        std::string path;
        std::optional<Clock::time_point> expires;  // none: as long as the jar
        std::uint64_t number = 0;                  // the order in which they came
        bool is_host_only = true;
        bool is_secure = false;
    };
    struct Attributes;

    [[nodiscard]] static std::optional<Cookie> parse(std::string_view text, const Uri& from,
                                                     Clock::time_point now);
    [[nodiscard]] static Attributes parse_attributes(std::string_view text, Clock::time_point now);
    [[nodiscard]] static bool goes_to(const Cookie& cookie, const Uri& to);
    void make_room(const std::string& domain);

    mutable std::mutex mutex_;
    std::vector<Cookie> cookies_;
    std::uint64_t next_number_ = 0;
};

}  // namespace edo::http
