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
        : TransferOp(source, edo::detail::Direction::Read, &SocketRead::attempt), input_(&input) {}

private:
    static bool attempt(edo::detail::IoOp& op, std::uint32_t generation) noexcept;

    Input* input_;
};

}  // namespace edo::http::detail
