// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/socket_addr.hpp"
#include "edo/runtime/result.hpp"

#include <string>
#include <system_error>

namespace edo::net {

/// An error code that knows which address it is about, so that its text says so: "cannot bind
/// 127.0.0.1:80: Permission denied".
///
/// It is a `std::error_code`: compares like one (`error == std::errc::address_in_use`), and turns
/// into one where a `Result` with a plain error is wanted, as in `propagate` or `failure`.
class AddressError : public std::error_code {
public:
    /// @param action What failed, for example "cannot bind".
    /// @param hint What to do about it, if anything can be said; follows the text in brackets.
    AddressError(std::error_code code, std::string action, std::string address,
                 std::string hint = {});
    AddressError(std::error_code code, std::string action, const SocketAddr& address);

    /// The action, the address, the text of the error code, and the hint.
    [[nodiscard]] std::string message() const;
    /// The address, as it was given: numeric, a name with a port, or a path.
    [[nodiscard]] const std::string& address() const noexcept { return address_; }

private:
    std::string action_;
    std::string address_;
    std::string hint_;
};

/// What operations that take an address yield.
template <class T>
using AddressResult = Result<T, AddressError>;

}  // namespace edo::net
