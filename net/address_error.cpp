// SPDX-License-Identifier: MIT
#include "edo/net/address_error.hpp"

#include <utility>

namespace edo::net {

AddressError::AddressError(std::error_code code, std::string action, std::string address,
                           std::string hint)
    : std::error_code(code),
      action_(std::move(action)),
      address_(std::move(address)),
      hint_(std::move(hint)) {}

AddressError::AddressError(std::error_code code, std::string action, const SocketAddr& address)
    : AddressError(code, std::move(action), address.to_string()) {}

std::string AddressError::message() const {
    std::string text = action_ + ' ' + address_ + ": " + std::error_code::message();
    if (!hint_.empty()) {
        text += " (" + hint_ + ')';
    }
    return text;
}

}  // namespace edo::net
