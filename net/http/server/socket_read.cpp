// SPDX-License-Identifier: MIT
#include "edo/net/http/server/socket_read.hpp"

#include "edo/net/socket/receive.hpp"

#include <cstddef>
#include <span>

namespace edo::http::detail {

bool SocketRead::attempt(edo::detail::IoOp& op, std::uint32_t generation) noexcept {
    auto& self = static_cast<SocketRead&>(op);
    const std::span<std::byte> room = self.input().room();
    if (room.empty()) {
        self.fail(std::make_error_code(std::errc::not_enough_memory));
        return true;
    }
    const ssize_t returned = edo::detail::receive(self.source(), room);
    if (returned > 0) {
        self.input().added(std::size_t(returned));
    } else {
        self.input().release_if_empty();
    }
    return self.take_of(room.size(), returned, generation);
}

}  // namespace edo::http::detail
