// SPDX-License-Identifier: MIT
// What all sockets have in common: a non-blocking descriptor, its addresses and options.
#pragma once

#include "edo/net/keepalive.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/runtime/reactor/io_source.hpp"
#include "edo/runtime/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace edo::detail {

struct RawAddr;

enum class SocketKind : std::uint8_t { Stream, Datagram };

/// Owns one socket, or is empty, as after a move; what needs one then throws `UsageError`.
class Socket {
public:
    Socket() noexcept = default;
    /// A new socket, non-blocking, closed on exec.
    [[nodiscard]] static Result<Socket> open(bool v6, SocketKind kind);
    /// Takes over a descriptor, also when it fails: then it is closed.
    [[nodiscard]] static Result<Socket> adopt(int descriptor, SocketKind kind);
    /// Takes over a socket that is known to be non-blocking and to be closed on exec.
    explicit Socket(int descriptor) : source_(IoSource::open(descriptor)) {}

    [[nodiscard]] IoSource& source() const {
        if (source_ == nullptr) {
            throw_empty();
        }
        return *source_;
    }
    [[nodiscard]] int descriptor() const { return source().descriptor(); }
    /// Gives the descriptor away.
    [[nodiscard]] int release();

    [[nodiscard]] Result<void> bind(const net::SocketAddr& address) const;
    [[nodiscard]] Result<void> listen(int backlog) const;
    [[nodiscard]] Result<net::SocketAddr> local_addr() const;
    [[nodiscard]] Result<net::SocketAddr> peer_addr() const;
    /// The same for sockets of any kind.
    [[nodiscard]] Result<RawAddr> local_raw_addr() const;
    [[nodiscard]] Result<RawAddr> peer_raw_addr() const;

    /// Options by the system's names for them; the common ones have names of their own below.
    [[nodiscard]] Result<void> set(int level, int option, int value) const;
    [[nodiscard]] Result<int> get(int level, int option) const;
    [[nodiscard]] Result<bool> get_bool(int level, int option) const;
    [[nodiscard]] Result<std::uint32_t> get_number(int level, int option) const;

    [[nodiscard]] Result<void> set_reuseaddr(bool on) const;
    [[nodiscard]] Result<void> set_send_buffer_size(std::size_t bytes) const;
    [[nodiscard]] Result<void> set_recv_buffer_size(std::size_t bytes) const;
    [[nodiscard]] Result<std::size_t> send_buffer_size() const;
    [[nodiscard]] Result<std::size_t> recv_buffer_size() const;
    [[nodiscard]] Result<void> set_ttl(std::uint32_t hops) const;
    [[nodiscard]] Result<std::uint32_t> ttl() const;
    [[nodiscard]] Result<void> set_nodelay(bool on) const;
    [[nodiscard]] Result<bool> nodelay() const;
    [[nodiscard]] Result<void> set_linger(std::optional<std::chrono::seconds> time) const;
    [[nodiscard]] Result<std::optional<std::chrono::seconds>> linger() const;
    [[nodiscard]] Result<void> set_keepalive(bool on) const;
    [[nodiscard]] Result<void> set_keepalive(const net::Keepalive& settings) const;
    [[nodiscard]] Result<bool> keepalive() const;
    [[nodiscard]] Result<void> set_quickack(bool on) const;
    [[nodiscard]] Result<bool> quickack() const;
    [[nodiscard]] Result<void> set_tos_v4(std::uint32_t tos) const;
    [[nodiscard]] Result<std::uint32_t> tos_v4() const;
    [[nodiscard]] Result<void> set_tclass_v6(std::uint32_t tclass) const;
    [[nodiscard]] Result<std::uint32_t> tclass_v6() const;
    /// An empty name means all network interfaces.
    [[nodiscard]] Result<void> bind_device(std::string_view interface) const;
    [[nodiscard]] Result<std::optional<std::string>> device() const;
    /// The pending error, which is thereby cleared.
    [[nodiscard]] Result<std::error_code> take_error() const;

private:
    [[noreturn]] static void throw_empty();
    [[nodiscard]] Result<bool> is_v6() const;

    IoSourcePtr source_;
};

}  // namespace edo::detail
