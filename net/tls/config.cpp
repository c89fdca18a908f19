// SPDX-License-Identifier: MIT
#include "edo/net/tls/config.hpp"

#include "edo/net/tls/context.hpp"
#include "edo/runtime/errors.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

namespace edo::tls {

namespace {

ConfigResult<std::string> read_file(const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                               &std::fclose);
    std::string text;
    if (file != nullptr) {
        char buffer[4096];
        while (const std::size_t count = std::fread(buffer, 1, sizeof(buffer), file.get())) {
            text.append(buffer, count);
        }
    }
    if (file == nullptr || std::ferror(file.get()) != 0) {
        return failure(
            ConfigError(std::error_code(errno, std::generic_category()), "cannot read " + path));
    }
    return text;
}

/// `error` with the name of the file in front.
tl::unexpected<ConfigError> in_file(const std::string& path, const ConfigError& error) {
    const std::string message = error.message();
    const std::string reason = static_cast<const std::error_code&>(error).message();
    const std::size_t end = message.size() - reason.size();
    return failure(ConfigError(error, path + ": " + message.substr(0, end - 2)));
}

void check_alpn(const std::vector<std::string>& protocols) {
    for (const std::string& protocol : protocols) {
        if (protocol.empty() || protocol.size() > 255) {
            throw UsageError("edo: the name of an ALPN protocol has 1 to 255 bytes");
        }
    }
}

}  // namespace

ConfigResult<ServerConfig> ServerConfig::from_files(const std::string& chain_file,
                                                    const std::string& key_file) {
    auto chain = read_file(chain_file);
    if (!chain) {
        return failure(std::move(chain.error()));
    }
    auto key = read_file(key_file);
    if (!key) {
        return failure(std::move(key.error()));
    }
    auto config = from_pem(std::move(*chain), std::move(*key));
    if (!config) {
        return in_file(chain_file + " with " + key_file, config.error());
    }
    return config;
}

ConfigResult<ServerConfig> ServerConfig::from_pem(std::string chain, std::string key) {
    if (auto good = detail::check_key_pair(chain, key); !good) {
        return failure(std::move(good.error()));
    }
    ServerConfig config;
    config.settings_.chain = std::move(chain);
    config.settings_.key = std::move(key);
    config.settings_.verify = false;
    return config;
}

ConfigResult<void> ServerConfig::require_client_certificate(const std::string& ca_file) {
    auto ca = read_file(ca_file);
    if (!ca) {
        return failure(std::move(ca.error()));
    }
    auto done = require_client_certificate_pem(std::move(*ca));
    if (!done) {
        return in_file(ca_file, done.error());
    }
    return done;
}

ConfigResult<void> ServerConfig::require_client_certificate_pem(std::string ca) {
    if (auto good = detail::check_certificates(ca); !good) {
        return good;
    }
    settings_.trust = std::move(ca);
    settings_.verify = true;
    return {};
}

ServerConfig& ServerConfig::set_client_certificate_optional(bool optional) {
    if (!settings_.verify) {
        throw UsageError("edo: call require_client_certificate first, then make it optional");
    }
    settings_.verify_optional = optional;
    return *this;
}

ServerConfig& ServerConfig::set_alpn(std::vector<std::string> protocols) {
    check_alpn(protocols);
    settings_.alpn = std::move(protocols);
    return *this;
}

ServerConfig& ServerConfig::set_min_version(Version version) noexcept {
    settings_.min_version = version;
    return *this;
}

ServerConfig& ServerConfig::set_handshake_timeout(std::optional<Duration> limit) noexcept {
    settings_.handshake_timeout = limit;
    return *this;
}

ServerConfig& ServerConfig::set_resumption(bool on) noexcept {
    settings_.resumption = on;
    return *this;
}

ConfigResult<void> ClientConfig::add_trusted(const std::string& file) {
    auto text = read_file(file);
    if (!text) {
        return failure(std::move(text.error()));
    }
    auto done = add_trusted_pem(*text);
    if (!done) {
        return in_file(file, done.error());
    }
    return done;
}

ConfigResult<void> ClientConfig::add_trusted_pem(const std::string& certificates) {
    if (auto good = detail::check_certificates(certificates); !good) {
        return good;
    }
    settings_.trust += certificates;
    settings_.trust += '\n';
    return {};
}

ClientConfig& ClientConfig::set_system_roots(bool on) noexcept {
    settings_.system_roots = on;
    return *this;
}

ConfigResult<void> ClientConfig::set_certificate(const std::string& chain_file,
                                                 const std::string& key_file) {
    auto pair = ServerConfig::from_files(chain_file, key_file);
    if (!pair) {
        return failure(std::move(pair.error()));
    }
    settings_.chain = pair->settings().chain;
    settings_.key = pair->settings().key;
    return {};
}

ConfigResult<void> ClientConfig::set_certificate_pem(std::string chain, std::string key) {
    if (auto good = detail::check_key_pair(chain, key); !good) {
        return good;
    }
    settings_.chain = std::move(chain);
    settings_.key = std::move(key);
    return {};
}

ClientConfig& ClientConfig::set_alpn(std::vector<std::string> protocols) {
    check_alpn(protocols);
    settings_.alpn = std::move(protocols);
    return *this;
}

ClientConfig& ClientConfig::set_min_version(Version version) noexcept {
    settings_.min_version = version;
    return *this;
}

ClientConfig& ClientConfig::set_handshake_timeout(std::optional<Duration> limit) noexcept {
    settings_.handshake_timeout = limit;
    return *this;
}

ClientConfig& ClientConfig::set_resumption(bool on) noexcept {
    settings_.resumption = on;
    return *this;
}

ClientConfig& ClientConfig::dangerously_skip_verification() noexcept {
    settings_.verify = false;
    return *this;
}

}  // namespace edo::tls
