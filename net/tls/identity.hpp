// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/tls/error.hpp"

#include <string>
#include <utility>

namespace edo::tls {

/// A certificate with its key: what one side shows to the other. A plain value, made once.
///
/// @par Thread safety
/// None, like a string.
///
/// @par Example
/// @snippet http_client.cpp identity
class Identity {
public:
    /// Reads them from files, in the form PEM.
    ///
    /// @param chain_file The certificate, followed by those that lead to a well-known issuer.
    /// @param key_file The private key, not protected by a password.
    /// @par Errors
    /// As `ServerConfig::from_files`.
    [[nodiscard]] static ConfigResult<Identity> from_files(const std::string& chain_file,
                                                           const std::string& key_file);
    /// The same with the texts themselves.
    [[nodiscard]] static ConfigResult<Identity> from_pem(std::string chain, std::string key);

    [[nodiscard]] const std::string& chain() const noexcept { return chain_; }
    [[nodiscard]] const std::string& key() const noexcept { return key_; }

private:
    Identity(std::string chain, std::string key) noexcept
        : chain_(std::move(chain)), key_(std::move(key)) {}

    std::string chain_;
    std::string key_;
};

}  // namespace edo::tls
