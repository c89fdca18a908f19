// SPDX-License-Identifier: MIT
#include "edo/net/http/uri/maker.hpp"

#include "edo/net/http/uri/characters.hpp"
#include "edo/net/ip_addr.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace edo::http::detail {

namespace {

constexpr std::size_t kLongestHost = 253;
constexpr std::size_t kLongestLabel = 63;

auto invalid(UriErrc error) {
    return failure(make_error_code(error));
}

/// Only characters of these classes, and well-formed escapes.
Result<void> check_characters(std::string_view text, std::uint8_t classes) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (!is_uri_escape(text, i)) {
                return invalid(UriErrc::InvalidPercent);
            }
        } else if (!is_uri_char(text[i], classes)) {
            return invalid(UriErrc::InvalidCharacter);
        }
    }
    return {};
}

bool is_label(std::string_view label) noexcept {
    return !label.empty() && label.size() <= kLongestLabel &&
           std::ranges::all_of(label, [](char c) {
               return is_uri_char(c, kUriUnreserved) && c != '.' && c != '~';
           });
}

/// Whether resolvers would take a name that ends in this label for an address.
bool is_number(std::string_view label) noexcept {
    const bool is_hex = label.starts_with("0x");
    label.remove_prefix(is_hex ? 2 : 0);
    return std::ranges::all_of(label, [is_hex](char c) {
        return (c >= '0' && c <= '9') || (is_hex && is_uri_char(c, kUriHexDigit));
    });
}

/// A name in lower case. "127.1", "0x7f000001" and the like, which resolvers take for addresses but
/// readers do not, are no names.
bool is_name(std::string_view name) noexcept {
    if (name.size() > kLongestHost) {
        return false;
    }
    if (name.ends_with('.')) {
        name.remove_suffix(1);  // the root
    }
    for (;;) {
        const std::size_t dot = name.find('.');
        if (!is_label(name.substr(0, dot))) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return !is_number(name);
        }
        name.remove_prefix(dot + 1);
    }
}

}  // namespace

Result<Uri> UriMaker::make(const UriParts& parts) {
    UriMaker maker;
    Uri& uri = maker.uri_;
    uri.is_https_ = equals_in_lower(*parts.scheme, "https");
    if (!uri.is_https_ && !equals_in_lower(*parts.scheme, "http")) {
        return invalid(UriErrc::UnsupportedScheme);
    }
    uri.text_ = uri.is_https_ ? "https://" : "http://";
    if (const auto taken = maker.take_authority(*parts.authority); !taken) {
        return failure(taken.error());
    }
    if (const auto taken = maker.take_rest(parts); !taken) {
        return failure(taken.error());
    }
    if (uri.text_.size() > Uri::kMaxLength) {
        return invalid(UriErrc::InvalidLength);
    }
    return std::move(uri);
}

Result<void> UriMaker::take_authority(std::string_view authority) {
    // The last one: an @ in a password ought to be encoded, and what follows is where we connect
    // to.
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        if (const auto taken = take_credentials(authority.substr(0, at)); !taken) {
            return taken;
        }
        authority.remove_prefix(at + 1);
    }
    const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
    if (bracket == std::string_view::npos) {
        return invalid(UriErrc::InvalidHost);
    }
    const std::size_t colon = authority.find(':', bracket);
    if (const auto taken = take_host(authority.substr(0, colon)); !taken) {
        return taken;
    }
    return take_port(colon == std::string_view::npos ? "" : authority.substr(colon + 1));
}

Result<void> UriMaker::take_credentials(std::string_view text) {
    if (const auto checked =
            check_characters(text.substr(0, text.find(':')), kUriUnreserved | kUriSubDelims);
        !checked) {
        return checked;
    }
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view password = text.substr(std::min(colon + 1, text.size()));
    for (const char c : password) {
        if (c != ':' && c != '%' && !is_uri_char(c, kUriUnreserved | kUriSubDelims)) {
            return invalid(UriErrc::InvalidCharacter);
        }
    }
    auto decoded_name = percent_decode(text.substr(0, colon));
    auto decoded_password = percent_decode(password);
    if (!decoded_name || !decoded_password) {
        return invalid(UriErrc::InvalidPercent);
    }
    uri_.user_name_ = std::move(*decoded_name);
    uri_.password_ = std::move(*decoded_password);
    uri_.has_credentials_ = !text.empty();
    return {};
}

Result<void> UriMaker::take_host(std::string_view host) {
    if (host.empty()) {
        return invalid(UriErrc::MissingHost);
    }
    uri_.host_ = uri_.text_.size();
    if (host.front() == '[') {
        const std::string_view inside = host.substr(1, host.size() - 2);
        const auto address = net::IpAddr::parse(inside);
        if (host.back() != ']' || inside.find('%') != std::string_view::npos || !address ||
            !address->is_v6()) {
            return invalid(UriErrc::InvalidHost);
        }
        uri_.text_ += '[' + address->to_string() + ']';
    } else {
        std::string lower(host);
        std::ranges::transform(lower, lower.begin(), uri_lower);
        const auto address = net::IpAddr::parse(lower);
        if (!is_name(lower) && !(address && address->is_v4())) {
            return invalid(UriErrc::InvalidHost);
        }
        uri_.text_ += lower;
    }
    uri_.host_end_ = uri_.text_.size();
    return {};
}

Result<void> UriMaker::take_port(std::string_view digits) {
    const std::uint16_t own_port = uri_.is_https_ ? 443 : 80;
    uri_.port_ = own_port;
    if (!digits.empty()) {
        const char* const end = digits.data() + digits.size();
        const auto [parsed, error] = std::from_chars(digits.data(), end, uri_.port_);
        if (error != std::errc() || parsed != end || uri_.port_ == 0) {
            return invalid(UriErrc::InvalidPort);
        }
    }
    if (uri_.port_ != own_port) {
        uri_.text_ += ':' + std::to_string(uri_.port_);
    }
    return {};
}

Result<void> UriMaker::take_rest(const UriParts& parts) {
    for (const auto& [text, classes] :
         {std::pair(parts.path, kUriPathCharacters),
          std::pair(parts.query.value_or(""), kUriQueryCharacters),
          std::pair(parts.fragment.value_or(""), kUriQueryCharacters)}) {
        if (const auto checked = check_characters(text, classes); !checked) {
            return checked;
        }
    }
    uri_.path_ = uri_.text_.size();
    uri_.text_ += parts.path.empty() ? "/" : remove_dot_segments(parts.path);
    uri_.query_ = uri_.text_.size();
    if (parts.query) {
        (uri_.text_ += '?') += *parts.query;
    }
    uri_.fragment_ = uri_.text_.size();
    if (parts.fragment) {
        (uri_.text_ += '#') += *parts.fragment;
    }
    return {};
}

}  // namespace edo::http::detail
