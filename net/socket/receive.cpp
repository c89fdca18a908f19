// SPDX-License-Identifier: MIT
#include "edo/net/socket/receive.hpp"

namespace edo::detail {

std::optional<bool> can_read_ahead(const IoSource& source) noexcept {
    ReadAhead* const ahead = source.read_ahead();
    if (ahead == nullptr) {
        return std::nullopt;
    }
    std::byte first{};
    const std::optional<ssize_t> read = ahead->read(std::span(&first, 1), ReadAhead::Mode::Peek);
    if (!read) {
        return std::nullopt;
    }
    return *read >= 0 || !would_block(errno);
}

}  // namespace edo::detail
