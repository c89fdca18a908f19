// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

namespace edo::tls {

/// The certificate that a peer has shown.
///
/// @par Thread safety
/// None, like a string.
class Certificate {
public:
    Certificate(std::string der, std::string subject, std::string issuer)
        : der_(std::move(der)), subject_(std::move(subject)), issuer_(std::move(issuer)) {}

    /// The whole certificate, in binary form (DER): for pinning, or to look at what else is in it.
    [[nodiscard]] const std::string& der() const noexcept { return der_; }
    /// Whom it names, in the form of RFC 2253: for example "CN=alice,O=Example".
    [[nodiscard]] const std::string& subject() const noexcept { return subject_; }
    /// Who issued it, in the same form.
    [[nodiscard]] const std::string& issuer() const noexcept { return issuer_; }

private:
    std::string der_;
    std::string subject_;
    std::string issuer_;
};

}  // namespace edo::tls
