// SPDX-License-Identifier: MIT
// Brings bytes from a socket to a session. A connection that waits owns no buffer: the bytes come
// into memory of the thread, in the moment in which they are there, and go on into the session.
#pragma once

#include "edo/net/socket/stream_ops.hpp"
#include "edo/net/tls/session.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace edo::detail {

/// What is done with bytes of the network.
enum class TlsPurpose : std::uint8_t {
    Keep,  ///< they are for a later step
    Read,  ///< plain bytes are wanted
};

/// Gives `received`, which is empty at the end of the stream, to the session.
[[nodiscard]] tls::Step digest(tls::Session& session, TlsPurpose purpose, Bytes to,
                               ConstBytes received) noexcept;

/// How much is read at a time for a reader with that much room: one record at least.
[[nodiscard]] std::size_t pull_size(std::size_t room) noexcept;

/// Receives once. Cancelled, it has taken nothing from the socket.
class [[nodiscard("a read does nothing until it is awaited")]] SocketPull : public SocketOp {
public:
    SocketPull(IoSource& source, tls::Session& session, TlsPurpose purpose, Bytes to) noexcept
        : SocketOp(source, Direction::Read, &SocketPull::attempt),
          session_(session),
          to_(to),
          purpose_(purpose) {}

    [[nodiscard]] tls::Step await_resume() const noexcept {
        return wait_error() ? tls::Step(wait_error()) : step_;
    }

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;

    tls::Session& session_;
    Bytes to_;
    tls::Step step_{tls::Step::Kind::WantRead};
    TlsPurpose purpose_;
};

}  // namespace edo::detail
