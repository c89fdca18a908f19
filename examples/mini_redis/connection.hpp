// SPDX-License-Identifier: MIT
// One client.
#pragma once

#include "request_parser.hpp"
#include "session.hpp"
#include <edo/net/tcp_stream.hpp>
#include <edo/runtime/codec/buffer.hpp>
#include <edo/runtime/result.hpp>
#include <edo/runtime/sync/cancellation_token.hpp>
#include <edo/runtime/task/task.hpp>

#include <cstddef>
#include <cstdint>

namespace mini_redis {

/// Runs the commands of a client in their order. The replies to all that has arrived at once go out
/// in one write.
class Connection {
public:
    Connection(edo::net::TcpStream stream, Shared& shared);

    /// Until the client leaves, or the server is to stop: then what has arrived is still answered.
    [[nodiscard]] edo::Task<void> run();

private:
    enum class Wait : std::uint8_t { Ready, Stop, End };

    [[nodiscard]] edo::Task<edo::Result<void>> serve();
    [[nodiscard]] edo::Task<Wait> wait_for_request();
    [[nodiscard]] edo::Task<Wait> wait_for_request_or_message();
    [[nodiscard]] edo::Task<edo::Result<void>> write();
    [[nodiscard]] edo::Task<void> close();
    [[nodiscard]] edo::Task<void> throw_away();
    [[nodiscard]] Wait got(const edo::Result<std::size_t>& count);
    bool answer();
    bool read_what_is_there();

    edo::net::TcpStream stream_;
    edo::sync::CancellationToken stop_;  // of the server, or because this client is too slow
    edo::codec::Buffer in_;
    RequestParser parser_;
    Session session_;
};

}  // namespace mini_redis
