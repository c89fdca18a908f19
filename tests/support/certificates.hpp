// SPDX-License-Identifier: MIT
// Certificates for tests, made on the spot with the program `openssl`.
#pragma once

#include "support/temporary_directory.hpp"

#include <string>
#include <string_view>

namespace edo::test {

/// A certificate with its key: the names of two files, and what is in them.
struct CertificateFiles {
    std::string cert;
    std::string key;

    [[nodiscard]] std::string cert_text() const;
    [[nodiscard]] std::string key_text() const;
};

/// An authority that issues certificates into a temporary directory.
class TestAuthority {
public:
    /// @param name Of the authority.
    explicit TestAuthority(std::string_view name = "edo test authority");

    [[nodiscard]] std::string ca_file() const { return directory_.file("ca.pem"); }
    [[nodiscard]] std::string ca_text() const;
    /// The directory, for other files of the test.
    [[nodiscard]] const TemporaryDirectory& directory() const noexcept { return directory_; }

    /// A certificate for these names, in the form of OpenSSL: "DNS:localhost,IP:127.0.0.1"; none at
    /// all if empty.
    /// @param subject The common name; also the name of the files.
    /// @param days How long it is good for; negative for one that has expired.
    CertificateFiles issue(std::string_view subject, std::string_view names, int days = 1) const;
    /// One that is signed with its own key.
    CertificateFiles self_signed(std::string_view subject, std::string_view names) const;
    /// An authority below this one, and a certificate that it has issued: the chain is not in
    /// the certificate's file, but in `chain_file`.
    CertificateFiles issue_by_intermediate(std::string_view subject, std::string_view names,
                                           std::string* chain_file) const;

private:
    TemporaryDirectory directory_;
};

}  // namespace edo::test
