// SPDX-License-Identifier: MIT
// The sans-I/O core of TLS: bytes of the network in, bytes of the network out, and the plain bytes
// on the other side. It neither reads nor writes, waits nor schedules.
#pragma once

#include "edo/net/tls/certificate.hpp"
#include "edo/net/tls/config.hpp"
#include "edo/net/tls/error.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

struct ssl_st;
struct ssl_session_st;

namespace edo::detail {
class TlsContext;
struct TlsBio;
}  // namespace edo::detail

namespace edo::tls {

/// What came of a step of a `Session`.
class Step {
public:
    enum class Kind : std::uint8_t {
        Done,      ///< `count` bytes were taken or given; the handshake is over
        WantRead,  ///< more bytes of the network are needed
        Closed,    ///< the peer has said that it is done (close_notify)
        Failed,    ///< see `error`
    };

    explicit Step(Kind kind, std::size_t count = 0) noexcept : count_(count), kind_(kind) {}
    /// More bytes are needed than those that had come when `Session::inputs` was `inputs`.
    [[nodiscard]] static Step want_read(std::uint32_t inputs) noexcept {
        Step step(Kind::WantRead);
        step.inputs_ = inputs;
        return step;
    }
    explicit Step(std::error_code error) noexcept : error_(error), kind_(Kind::Failed) {}

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] bool wants_read() const noexcept { return kind_ == Kind::WantRead; }
    [[nodiscard]] bool failed() const noexcept { return kind_ == Kind::Failed; }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] std::error_code error() const noexcept { return error_; }
    [[nodiscard]] std::uint32_t inputs() const noexcept { return inputs_; }

private:
    std::size_t count_ = 0;
    std::error_code error_;
    std::uint32_t inputs_ = 0;
    Kind kind_;
};

/// One TLS connection without its network. `TlsStream` joins it with a stream; use it directly to
/// put TLS on something else.
///
/// Each step may produce output, a failed one too (an alert): send `output()`, and say with `sent`
/// how much of it is gone. Bytes that came from the network are given to the next step, or kept
/// with `receive`; they are taken completely.
///
/// @par Thread safety
/// All functions may be called at the same time: OpenSSL's object is touched under a lock, which is
/// held while the step computes, at most for some 64 KB. `output` and `sent` are for one caller at
/// a time.
class Session {
public:
    using Bytes = std::span<std::byte>;
    using ConstBytes = std::span<const std::byte>;

    /// @param host Clients only: whose certificate is expected, a name or an IP address.
    /// @throws std::bad_alloc
    Session(std::shared_ptr<detail::TlsContext> context, std::string_view host);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    /// Goes on with the handshake.
    [[nodiscard]] Step handshake(ConstBytes received) noexcept;
    /// Reads plain bytes into `to`, which is not empty.
    [[nodiscard]] Step read(Bytes to, ConstBytes received) noexcept;
    /// Takes some of `bytes`, from the front; at most `kMostAtOnce`. Not after `close`.
    [[nodiscard]] Step write(ConstBytes bytes) noexcept;
    /// The same with several buffers, which are joined in records.
    [[nodiscard]] Step write(std::span<const ConstBytes> buffers) noexcept;
    /// Says to the peer that nothing more will be written (close_notify).
    void close() noexcept;
    /// Whether `close` was called.
    [[nodiscard]] bool is_closed() const noexcept {
        return closed_.load(std::memory_order_relaxed);
    }

    /// Keeps bytes of the network for the next step.
    [[nodiscard]] Step receive(ConstBytes received) noexcept;
    /// The network will bring no more bytes.
    void receive_end() noexcept;
    /// How many times bytes of the network have come. A step that wants more, and was made at
    /// another count, may find what it wants now. Exact for the one who brings the bytes.
    [[nodiscard]] std::uint32_t inputs() const noexcept {
        return inputs_.load(std::memory_order_relaxed);
    }

    /// Whether there is something to be sent. A hint while another thread makes a step.
    [[nodiscard]] bool has_output() const noexcept {
        return has_output_.load(std::memory_order_relaxed);
    }
    /// What is to be sent next, empty if nothing is. Stays valid until `sent` has taken all of it.
    [[nodiscard]] ConstBytes output() noexcept;
    void sent(std::size_t count) noexcept;

    [[nodiscard]] std::optional<std::string> alpn() const;
    [[nodiscard]] std::optional<Certificate> peer_certificate() const;
    [[nodiscard]] std::optional<std::string> server_name() const;
    [[nodiscard]] std::string cipher() const;
    [[nodiscard]] Version version() const noexcept;
    [[nodiscard]] bool is_resumed() const noexcept;

    [[nodiscard]] detail::TlsContext& context() noexcept { return *context_; }

    /// Called by OpenSSL, within a step of a client. Whether the ticket is kept.
    [[nodiscard]] bool keep_ticket(ssl_session_st* ticket) noexcept;

    /// The most that one `write` takes: four records of the largest size.
    static constexpr std::size_t kMostAtOnce = std::size_t{64} * 1024;

private:
    friend struct detail::TlsBio;

    [[nodiscard]] std::error_code expect_host();
    /// What `returned`, which is not a success, means.
    [[nodiscard]] Step explain(int returned) noexcept;
    [[nodiscard]] Step write_locked(ConstBytes bytes) noexcept;
    /// Keeps what the step has left of its input, and tells whether that worked.
    [[nodiscard]] bool keep_rest() noexcept;
    void note_output() noexcept;
    void take_input(ConstBytes received) noexcept;

    const std::shared_ptr<detail::TlsContext> context_;
    ssl_st* ssl_ = nullptr;
    std::string host_;

    mutable std::mutex mutex_;  // guards all below but the atomics and `sending_`
    std::string kept_;          // bytes of the network that no step has taken yet
    std::size_t kept_begin_ = 0;
    ConstBytes received_;  // the input of the step in progress, behind `kept_`
    std::string out_;
    std::error_code failure_;  // of an earlier step: no step works any more
    bool handshake_done_ = false;
    bool ended_ = false;  // the network brings no more

    // Of the one who sends; filled under the lock, when it is empty.
    std::string sending_;
    std::size_t sent_ = 0;

    std::atomic<bool> has_output_{false};
    std::atomic<std::uint32_t> inputs_{0};
    std::atomic<bool> closed_{false};
};

}  // namespace edo::tls
