// SPDX-License-Identifier: MIT
#include "edo/net/unix_addr.hpp"

#include <algorithm>

namespace edo::net {

AddressResult<UnixAddr> UnixAddr::checked(Kind kind, std::string_view name) {
    UnixAddr address(kind, name);
    if (name.empty()) {
        return failure(AddressError(std::make_error_code(std::errc::invalid_argument), "cannot use",
                                    "an empty text as the address of a Unix socket"));
    }
    if (name.size() > kLongest) {
        return failure(AddressError(
            std::make_error_code(std::errc::filename_too_long), "cannot use", address.to_string(),
            "it has " + std::to_string(name.size()) + " bytes, and the address of a Unix socket " +
                std::to_string(kLongest) +
                " at most: choose a shorter one, or a path relative to the current directory"));
    }
    if (kind == Kind::Path && name.find('\0') != std::string_view::npos) {
        return failure(AddressError(
            std::make_error_code(std::errc::invalid_argument), "cannot use",
            std::string(name.substr(0, name.find('\0'))),
            "there is a zero byte in it; use from_abstract_name for an abstract name"));
    }
    return address;
}

AddressResult<UnixAddr> UnixAddr::from_path(std::string_view path) {
    return checked(Kind::Path, path);
}

AddressResult<UnixAddr> UnixAddr::from_abstract_name(std::string_view name) {
    return checked(Kind::Abstract, name);
}

std::string UnixAddr::to_string() const {
    switch (kind_) {
        case Kind::Path:
            return name_;
        case Kind::Abstract: {
            std::string text = '@' + name_;
            std::replace_if(
                text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
            return text;
        }
        case Kind::Unnamed:
            break;
    }
    return "(unnamed)";
}

}  // namespace edo::net
