// SPDX-License-Identifier: MIT
#include "edo/runtime/codec/delimited_frames.hpp"

#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <cstring>

namespace edo::detail {

ByteSet::ByteSet(std::span<const std::byte> members) noexcept {
    for (const std::byte member : members) {
        const auto value = std::to_integer<unsigned>(member);
        bits_[value / 64] |= std::uint64_t{1} << value % 64;
        first_ = member;
    }
    is_single_ = members.size() == 1;
}

std::optional<std::size_t> ByteSet::find_in(std::span<const std::byte> bytes) const noexcept {
    if (bytes.empty()) {
        return std::nullopt;
    }
    const std::byte* found = nullptr;
    if (is_single_) {
        found = static_cast<const std::byte*>(
            std::memchr(bytes.data(), std::to_integer<int>(first_), bytes.size()));
    } else {
        const auto at = std::find_if(bytes.begin(), bytes.end(), [this](std::byte byte) {
            const auto value = std::to_integer<unsigned>(byte);
            return (bits_[value / 64] >> value % 64 & 1) != 0;
        });
        found = at != bytes.end() ? &*at : nullptr;
    }
    if (found == nullptr) {
        return std::nullopt;
    }
    return std::size_t(found - bytes.data());
}

Result<std::optional<std::size_t>> DelimitedFrames::find(codec::Buffer& buffer) {
    for (;;) {
        searched_ = std::min(searched_, buffer.size());  // others may have taken bytes out
        const auto found = delimiters_.find_in(buffer.data().subspan(searched_));
        if (discards_) {
            if (!found) {
                clear(buffer);
                discards_ = true;
                return std::nullopt;
            }
            consume(buffer, searched_ + *found);
            continue;
        }
        if (found) {
            searched_ += *found;
            if (searched_ <= limit_) {
                return std::optional(searched_);
            }
            consume(buffer, searched_);
            return failure(make_error_code(Errc::LimitExceeded));
        }
        searched_ = buffer.size();
        if (searched_ <= limit_) {
            return std::nullopt;
        }
        clear(buffer);
        discards_ = true;
        return failure(make_error_code(Errc::LimitExceeded));
    }
}

void DelimitedFrames::consume(codec::Buffer& buffer, std::size_t frame) noexcept {
    buffer.consume(frame + 1);
    searched_ = 0;
    discards_ = false;
}

void DelimitedFrames::clear(codec::Buffer& buffer) noexcept {
    buffer.clear();
    searched_ = 0;
    discards_ = false;
}

}  // namespace edo::detail
