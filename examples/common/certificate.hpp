// SPDX-License-Identifier: MIT
// The options --cert and --key of servers. For programs that use edo::http.
#pragma once

#include "common/arguments.hpp"
#include <edo/net/tls/acceptor.hpp>
#include <edo/runtime/signal/signal.hpp>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>

namespace example {

/// The files with a server's certificate and its key, in the form PEM; none for no TLS.
struct Certificate {
    std::string cert_file;
    std::string key_file;

    /// Ends the program with 2, as `parse_arguments` does, if only one of the options was given.
    void check_options() const {
        if (cert_file.empty() != key_file.empty()) {
            complain("--cert and --key need each other");
            std::exit(2);
        }
    }
    /// What is in the files. Complains, and yields nothing, if it cannot be used.
    [[nodiscard]] std::optional<edo::tls::ServerConfig> read() const {
        auto config = edo::tls::ServerConfig::from_files(cert_file, key_file);
        if (!config) {
            complain(config.error().message());
            return std::nullopt;
        }
        return std::move(*config);
    }
    /// Whether one of the options was given.
    [[nodiscard]] bool is_given() const { return !cert_file.empty(); }
};

/// Reads the files again at every SIGHUP: new connections get the renewed certificate, and those
/// that are there go on. What cannot be used changes nothing.
inline edo::Task<void> reload_on_hangup(edo::tls::TlsAcceptor acceptor, Certificate certificate) {
    auto hangup = edo::signal::Signal::create(SIGHUP).value();
    for (;;) {
        co_await hangup.recv();
        if (const auto config = certificate.read()) {
            acceptor.reload(*config);
            complain("the certificate was read again");
        }
    }
}

}  // namespace example
