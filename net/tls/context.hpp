// SPDX-License-Identifier: MIT
// What all connections of one configuration share: OpenSSL's context, the tickets of servers, and
// the gate that keeps handshakes from taking all of the workers' time.
//
// Thread safety: a context may be used by several threads at the same time. OpenSSL's own part is
// not changed once it is made; the tickets have a lock.
#pragma once

#include "edo/net/tls/config.hpp"
#include "edo/net/tls/session_cache.hpp"
#include "edo/runtime/sync/semaphore.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

struct ssl_ctx_st;

namespace edo::detail {

/// Checks that there is at least one certificate, and nothing broken, in a PEM text.
[[nodiscard]] tls::ConfigResult<void> check_certificates(const std::string& pem);
/// Checks a certificate and a key, and that they belong together.
[[nodiscard]] tls::ConfigResult<void> check_key_pair(const std::string& chain,
                                                     const std::string& key);

class TlsContext {
public:
    enum class Side : bool { Server, Client };

    /// @throws UsageError if the settings are not what they were when they were checked.
    TlsContext(Side side, const TlsSettings& settings);
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    ~TlsContext();

    [[nodiscard]] ssl_ctx_st* ssl() const noexcept { return ssl_; }
    [[nodiscard]] Side side() const noexcept { return side_; }
    [[nodiscard]] bool verifies() const noexcept { return verifies_; }
    [[nodiscard]] std::optional<Duration> handshake_timeout() const noexcept { return timeout_; }
    [[nodiscard]] SessionCache& sessions() noexcept { return sessions_; }
    /// The server's list of protocols, each with its length in front.
    [[nodiscard]] const std::string& alpn() const noexcept { return alpn_; }

    /// As many permits as there are workers. A handshake takes one for each step that computes, and
    /// yields before the step: of a thousand handshakes that are ready at once, only so many stand
    /// in the workers' queues, and other tasks get their turn between them.
    [[nodiscard]] sync::Semaphore& gate() noexcept { return gate_; }

private:
    void set_alpn(const std::vector<std::string>& protocols);
    void set_verification(const TlsSettings& settings);
    void set_resumption(bool on);

    ssl_ctx_st* ssl_;
    const Side side_;
    const bool verifies_;
    const std::optional<Duration> timeout_;
    std::string alpn_;
    SessionCache sessions_;
    sync::Semaphore gate_;
};

}  // namespace edo::detail
