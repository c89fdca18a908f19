// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/tls/certificate.hpp"
#include "edo/net/tls/config.hpp"
#include "edo/net/tls/tls_state.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/split.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace edo::tls {

/// An encrypted connection over a stream, made by `TlsAcceptor::accept` or `TlsConnector::connect`
/// when the handshake is over.
///
/// What is read was sent by the peer that was verified, and is complete: a connection that ends
/// without the peer's goodbye (close_notify) is an error, and not an end.
///
/// A connection that waits owns no buffers.
///
/// @tparam S The stream below: `net::TcpStream`, `net::UnixStream`, `io::DuplexStream`, or any
///     other that one task may read while another one writes.
///
/// @par Thread safety
/// One task may read while another one writes, flushes or shuts down; `io::split` makes two halves.
/// It may be moved while operations on it wait, but not destroyed.
///
/// @par Misuse
/// Using a stream that was moved from throws `UsageError`.
///
/// @par Example
/// @snippet tls.cpp echo
template <io::AsyncReadWrite S = net::TcpStream>
class TlsStream {
public:
    explicit TlsStream(std::unique_ptr<detail::TlsState<S>> state) noexcept
        : state_(std::move(state)) {}

    /// Reads some bytes.
    ///
    /// @param to Must outlive the operation.
    /// @return At least 1; 0 when the peer has said that it is done, or `to` is empty.
    /// @par Errors
    /// - `tls::Errc::StreamTruncated`: the connection has ended without close_notify.
    /// - What is wrong with a record, or the alert of the peer: for example, in TLS 1.3, that it
    ///   does not accept the client's certificate, which it says after the handshake.
    /// - Those of the stream below.
    /// @par Cancel safety
    /// Cancel safe: nothing is lost, the bytes are there for the next read.
    [[nodiscard]] Task<Result<std::size_t>> read(std::span<std::byte> to) {
        return state().read(to);
    }

    /// Encrypts some of `bytes`, from the front and at most 64 KB, and sends all of that.
    ///
    /// Each call makes at least one record, which costs some 22 bytes and a system call: put small
    /// pieces together (`write_vectored`, `io::BufWriter`), and give large ones as a whole.
    ///
    /// @param bytes Must outlive the operation.
    /// @return How many bytes were sent: 0 only if `bytes` is empty.
    /// @par Errors
    /// - `std::errc::broken_pipe`: after `shutdown`, or the stream below is closed.
    /// - Those of the stream below, and of a connection that has failed.
    /// @par Cancel safety
    /// Not cancel safe. What is encrypted cannot be taken back: a write that was cancelled while it
    /// waited for room has accepted up to 64 KB of its bytes, or none; the caller cannot tell. The
    /// stream stays whole, and the next operation sends the rest of it: cancel a write only to end
    /// the connection.
    [[nodiscard]] Task<Result<std::size_t>> write(std::span<const std::byte> bytes) {
        return state().write(bytes);
    }
    /// The same with text.
    [[nodiscard]] Task<Result<std::size_t>> write(std::string_view text) {
        return write(std::as_bytes(std::span(text)));
    }
    /// The same with several buffers: small ones share a record.
    /// @param buffers The list and the memory must outlive the operation.
    [[nodiscard]] Task<Result<std::size_t>> write_vectored(
        std::span<const std::span<const std::byte>> buffers) {
        return state().write_vectored(buffers);
    }

    /// Sends what a cancelled write has left, and flushes the stream below.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] Task<Result<void>> flush() { return state().flush(); }

    /// Says goodbye (close_notify) and ends the stream below. What the peer still sends can be
    /// read. Without it, the peer must take what it has got for truncated.
    ///
    /// @par Errors
    /// Those of the stream below.
    /// @par Cancel safety
    /// Cancel safe: call it again to go on.
    [[nodiscard]] Task<Result<void>> shutdown() { return state().shutdown(); }

    /// The application protocol that was agreed on (ALPN), for example "h2".
    [[nodiscard]] std::optional<std::string> alpn() const { return state().session().alpn(); }
    /// The certificate that the peer has shown. Of a server it was verified unless that was
    /// switched off; of a client where the server asks for one.
    [[nodiscard]] std::optional<Certificate> peer_certificate() const {
        return state().session().peer_certificate();
    }
    /// The name that the client has asked for (SNI).
    [[nodiscard]] std::optional<std::string> server_name() const {
        return state().session().server_name();
    }
    [[nodiscard]] Version version() const { return state().session().version(); }
    /// The name of the cipher, for example "TLS_AES_256_GCM_SHA384".
    [[nodiscard]] std::string cipher() const { return state().session().cipher(); }
    /// Whether the handshake was a short one, with the ticket of an earlier connection.
    [[nodiscard]] bool is_resumed() const { return state().session().is_resumed(); }

    /// The stream below: for its addresses and options. Reading from it or writing to it breaks the
    /// connection.
    [[nodiscard]] S& get_ref() { return state().stream(); }
    [[nodiscard]] const S& get_ref() const { return state().stream(); }

private:
    [[nodiscard]] detail::TlsState<S>& state() const {
        if (state_ == nullptr) [[unlikely]] {
            throw UsageError("edo: this TlsStream was moved from");
        }
        return *state_;
    }

    std::unique_ptr<detail::TlsState<S>> state_;
};

}  // namespace edo::tls
