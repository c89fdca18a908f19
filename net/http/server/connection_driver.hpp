// SPDX-License-Identifier: MIT
// Joins a connection's decisions (`ConnectionCore`) with its stream.
//
// The task of a connection is a group of branches, of which mostly one does something:
//
//   run     reads, calls the service, writes.
//   watch   ends when the connection has waited too long.
//   obey    ends when the server stops and the connection is idle, or is killed.
//   attend  writes what is ready when a service suspends, for which the answers to pipelined
//           requests would wait. Only for sockets, whose writes can be tried.
//
// What it does is in `driver_reading.hpp`, `driver_writing.hpp` and `driver.hpp`.
#pragma once

#include "edo/net/http/server/connection_core.hpp"
#include "edo/net/http/server/fill.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace edo::http::detail {

template <class S>
class Driver final : public ConnectionCore {
public:
    Driver(S stream, const Serving& serving)
        : ConnectionCore(serving), stream_(std::move(stream)) {}
    using ConnectionCore::expect_preface;

    /// Serves until the end of the connection, or of HTTP on it. Whether the client wants to go on
    /// with HTTP/2, for which it has expressly been let.
    [[nodiscard]] Task<bool> serve();
    /// What is left for HTTP/2.
    [[nodiscard]] S take_stream() noexcept { return std::move(stream_); }
    [[nodiscard]] std::string take_input() { return input_.take(); }

    [[nodiscard]] Task<Result<std::optional<std::string>>> next_piece() override;

private:
    /// How HTTP has ended on the connection.
    enum class End : std::uint8_t {
        Close,    ///< there is nothing more to say
        Linger,   ///< all is said, and the client may still be sending
        Upgrade,  ///< the connection belongs to `upgrade_`
        Http2,    ///< the client has sent the preface of HTTP/2
    };

    [[nodiscard]] Task<End> run();
    [[nodiscard]] Task<void> obey();
    [[nodiscard]] Task<void> attend();
    [[nodiscard]] Task<void> time_out();
    [[nodiscard]] Task<void> linger();
    [[nodiscard]] Task<void> say_goodbye();
    [[nodiscard]] Task<void> hand_over();

    [[nodiscard]] Task<bool> send(Body& body, h1::Framing framing);
    [[nodiscard]] Task<bool> send_source(Body& body, h1::Framing framing);
    [[nodiscard]] Task<bool> drain();
    [[nodiscard]] Task<bool> flush(bool is_last = false);
    [[nodiscard]] Task<bool> write_all(std::span<const std::byte> bytes);
    [[nodiscard]] bool try_flush(bool is_last = false) noexcept;
    void forget_written() noexcept;

    /// Reads into the input. In a statement of its own, as every awaited expression.
    [[nodiscard]] auto read(Waits::For what);

    S stream_;
    Upgrade upgrade_;
    Kick kick_;
};

}  // namespace edo::http::detail
