// SPDX-License-Identifier: MIT
// A read that takes a buffer when there is something to read, so that a connection that waits owns
// none.
#pragma once

#include "edo/net/http/server/input.hpp"
#include "edo/net/socket/stream_ops.hpp"

namespace edo::http::detail {

class [[nodiscard("a read does nothing until it is awaited")]] SocketRead
    : public edo::detail::TransferOp {
public:
    SocketRead(edo::detail::IoSource& source, Input& input) noexcept
        : TransferOp(source, edo::detail::Direction::Read, &SocketRead::attempt, &input, 1) {
        // Where the last read has emptied the socket this one waits without an attempt.
        input.release_if_empty();
    }

private:
    static bool attempt(edo::detail::IoOp& op, std::uint32_t generation) noexcept;
    [[nodiscard]] Input& input() const noexcept {
        return *static_cast<Input*>(const_cast<void*>(what()));  // NOLINT: was given so
    }
};

}  // namespace edo::http::detail
