// SPDX-License-Identifier: MIT
#include "edo/net/http/uri/error.hpp"

#include <string>

namespace edo::http {

namespace {

class UriCategory final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "edo.http.uri"; }
    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<UriErrc>(value)) {
            case UriErrc::InvalidLength:
                return "the URI is empty or too long";
            case UriErrc::InvalidCharacter:
                return "the URI holds a character that must be percent-encoded";
            case UriErrc::InvalidPercent:
                return "a % in the URI is not followed by two hexadecimal digits";
            case UriErrc::MissingScheme:
                return "the URI does not begin with http:// or https://";
            case UriErrc::UnsupportedScheme:
                return "the scheme of the URI is neither http nor https";
            case UriErrc::MissingHost:
                return "the URI has no host";
            case UriErrc::InvalidHost:
                return "the host of the URI is neither a name nor an address";
            case UriErrc::InvalidPort:
                return "the port of the URI is not a number from 1 to 65535";
        }
        return "unknown error of a URI";
    }
    [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override {
        if (static_cast<UriErrc>(value) == UriErrc::UnsupportedScheme) {
            return std::errc::protocol_not_supported;
        }
        return std::errc::invalid_argument;
    }
};

}  // namespace

const std::error_category& uri_category() noexcept {
    static const UriCategory category;
    return category;
}

}  // namespace edo::http
