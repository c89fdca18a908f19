// SPDX-License-Identifier: MIT
// `recv`, where a reactor may have received before.
#pragma once

#include "edo/net/socket/system_error.hpp"
#include "edo/runtime/reactor/io_source.hpp"
#include "edo/runtime/reactor/read_ahead.hpp"

#include <cerrno>
#include <cstddef>
#include <optional>
#include <span>
#include <sys/socket.h>
#include <sys/types.h>

namespace edo::detail {

[[nodiscard]] inline bool would_block(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK;
}

/// A number of bytes, or -1 and `errno`. Every read from a stream socket goes this way, or asks
/// `read_ahead` itself: another one would overtake what was received before.
[[nodiscard]] inline ssize_t receive(const IoSource& source, std::span<std::byte> buffer,
                                     ReadAhead::Mode mode = ReadAhead::Mode::Take) noexcept {
    if (ReadAhead* const ahead = source.read_ahead()) [[unlikely]] {
        if (const std::optional<ssize_t> read = ahead->read(buffer, mode)) {
            return *read;
        }
    }
    const int flags = mode == ReadAhead::Mode::Peek ? MSG_PEEK : 0;
    return uninterrupted(
        [&] { return ::recv(source.descriptor(), buffer.data(), buffer.size(), flags); });
}

/// Whether a read would return at once, as far as the reactor knows; nothing where the system has
/// to be asked.
[[nodiscard]] std::optional<bool> can_read_ahead(const IoSource& source) noexcept;

}  // namespace edo::detail
