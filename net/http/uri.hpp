// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/uri/error.hpp"
#include "edo/net/http/uri/percent.hpp"
#include "edo/net/http/uri/query.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace edo::http::detail {
class UriMaker;
}

namespace edo::http {

/// An address of the web: `http://` or `https://`, a host, perhaps a port, a path, perhaps a query
/// and a fragment. A value, which is always well-formed.
///
/// It is read strictly, as in RFC 3986 and RFC 9110: control characters, spaces, characters that
/// are not ASCII and malformed escapes are errors, not guessed at. International host names must be
/// given in their ASCII form (`xn--...`).
///
/// It is kept in a normal form, so that equal addresses mostly compare equal: scheme and host in
/// lower case, no port where it is the scheme's own, `/` for an empty path, `.` and `..` resolved.
/// The escapes of the path and of the query stay as they were given.
///
/// A user name and a password before the host are kept apart: `text()` never shows them, so a URI
/// can be logged. Credentials do not belong into an address; see `RequestBuilder::basic_auth`.
///
/// @par Thread safety
/// That of a string.
/// @par Example
/// @snippet http_uri.cpp parse
class Uri {
public:
    /// The longest text that `parse` takes, in bytes.
    static constexpr std::size_t kMaxLength = 65536;

    /// Reads an absolute URI.
    ///
    /// @par Errors
    /// Those of `UriErrc`, all of which but one compare equal to `std::errc::invalid_argument`.
    [[nodiscard]] static Result<Uri> parse(std::string_view text);

    /// What a reference, for example that of a link or of a `Location`, means in a document at this
    /// URI: "../b?x=1", "//example.org/", "?page=2", or an absolute URI. RFC 3986, section 5.2, in
    /// the strict form. The credentials of this URI are taken over where the host and the port are.
    ///
    /// @par Errors
    /// As for `parse`. `UriErrc::UnsupportedScheme` for "mailto:ada@example.org", for example.
    ///
    /// @par Example
    /// @snippet http_uri.cpp resolve
    [[nodiscard]] Result<Uri> resolve(std::string_view reference) const;

    /// All of it, without user name and password.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    /// "http" or "https".
    [[nodiscard]] std::string_view scheme() const noexcept { return is_https_ ? "https" : "http"; }
    [[nodiscard]] bool is_https() const noexcept { return is_https_; }
    /// The host as the resolver takes it: a name or an address, an IPv6 address without brackets.
    [[nodiscard]] std::string_view host() const noexcept;
    /// The port: 80 or 443 if none was given.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Whether a port is in the text: one that is not the scheme's own.
    [[nodiscard]] bool has_port() const noexcept { return host_end_ != path_; }
    /// The host, and the port unless it is the scheme's own, as the header Host wants it.
    [[nodiscard]] std::string_view authority() const noexcept;
    /// The scheme and the authority, "https://example.org:8443".
    [[nodiscard]] std::string_view origin() const noexcept;
    /// Begins with a slash. Percent-encoded.
    [[nodiscard]] std::string_view path() const noexcept;
    /// What follows the `?`, percent-encoded; nothing if there is no `?`.
    [[nodiscard]] std::optional<std::string_view> query() const noexcept;
    /// What follows the `#`, percent-encoded; nothing if there is no `#`.
    [[nodiscard]] std::optional<std::string_view> fragment() const noexcept;
    /// The path and the query, as they stand in the first line of a request.
    [[nodiscard]] std::string_view target() const noexcept;

    /// Whether a user name, with or without a password, was given.
    [[nodiscard]] bool has_credentials() const noexcept { return has_credentials_; }
    /// Decoded; empty if none was given.
    [[nodiscard]] const std::string& user_name() const noexcept { return user_name_; }
    [[nodiscard]] const std::string& password() const noexcept { return password_; }

    /// A copy with the pairs added after those of its query.
    [[nodiscard]] Uri with_query(const Query& more) const;
    [[nodiscard]] Uri without_fragment() const;
    [[nodiscard]] Uri without_credentials() const;

    friend bool operator==(const Uri&, const Uri&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Uri& uri);

private:
    Uri() = default;
    friend class detail::UriMaker;

    std::string text_;
    std::string user_name_;
    std::string password_;
    // Where in `text_` the parts begin. Query and fragment begin with their mark, or are at the end
    // of the text, or at the beginning of the next part.
    std::size_t host_ = 0;
    std::size_t host_end_ = 0;
    std::size_t path_ = 0;
    std::size_t query_ = 0;
    std::size_t fragment_ = 0;
    std::uint16_t port_ = 0;
    bool is_https_ = false;
    bool has_credentials_ = false;
};

}  // namespace edo::http
