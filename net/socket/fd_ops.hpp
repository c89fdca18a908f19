// SPDX-License-Identifier: MIT
// Sending and receiving descriptors over a Unix socket (SCM_RIGHTS), as awaitables.
#pragma once

#include "edo/net/socket/stream_ops.hpp"
#include "edo/runtime/io/owned_fd.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace edo::net {

/// Bytes that were received together with descriptors.
struct ReceivedWithFds {
    ReceivedWithFds() = default;

    std::size_t size = 0;          ///< the bytes in the buffer; 0 is the end of a stream
    std::vector<io::OwnedFd> fds;  ///< the descriptors, closed on exec
    bool fds_lost = false;   ///< more came than were asked for, or than the process may have open
    bool truncated = false;  ///< a datagram was longer than the buffer; the rest is lost
};

/// The most descriptors that one message can carry.
inline constexpr std::size_t kMaxFdsInMessage = 253;

}  // namespace edo::net

namespace edo::detail {

class [[nodiscard("a send does nothing until it is awaited")]] SendFdsOp : public TransferOp {
public:
    SendFdsOp(IoSource& source, ConstBytes bytes, std::span<const int> fds) noexcept
        : TransferOp(source, Direction::Write, &SendFdsOp::attempt, bytes.data(), bytes.size()),
          fds_(fds) {}

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;

    std::span<const int> fds_;
};

class [[nodiscard("a receive does nothing until it is awaited")]] ReceiveFdsOp : public SocketOp {
public:
    /// @throws std::bad_alloc
    ReceiveFdsOp(IoSource& source, Bytes buffer, std::size_t max_fds);

    [[nodiscard]] Result<net::ReceivedWithFds> await_resume() noexcept {
        if (has_failed()) {
            return failure(wait_error());
        }
        return std::move(received_);
    }

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;

    Bytes buffer_;
    std::size_t max_fds_;
    net::ReceivedWithFds
        received_;  // with room for `max_fds_`: nothing is allocated when they come
};

}  // namespace edo::detail
