// SPDX-License-Identifier: MIT
// Finds frames that end with a delimiter of one byte, however the bytes arrive.
#pragma once

#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace edo::detail {

/// A set of bytes.
class ByteSet {
public:
    explicit ByteSet(std::span<const std::byte> members) noexcept;
    /// The position of the first member.
    [[nodiscard]] std::optional<std::size_t> find_in(
        std::span<const std::byte> bytes) const noexcept;

private:
    std::array<std::uint64_t, 4> bits_{};
    std::byte first_{};
    bool is_single_ = false;
};

/// Of a frame that is too long all bytes up to its delimiter are thrown away as they arrive, and
/// the error is reported once. So the buffer holds little more than the longest frame.
class DelimitedFrames {
public:
    DelimitedFrames(ByteSet delimiters, std::size_t limit) noexcept
        : delimiters_(delimiters), limit_(limit) {}

    /// The size of the next frame, without its delimiter, or nothing if that has not arrived. The
    /// caller takes both out of the buffer with `consume`.
    /// Errors: `Errc::LimitExceeded`.
    [[nodiscard]] Result<std::optional<std::size_t>> find(codec::Buffer& buffer);
    void consume(codec::Buffer& buffer, std::size_t frame) noexcept;
    /// At the end of the stream: all that is left is consumed.
    void clear(codec::Buffer& buffer) noexcept;

private:
    ByteSet delimiters_;
    std::size_t limit_;
    std::size_t searched_ = 0;  // that many bytes of the buffer hold no delimiter
    bool discards_ = false;     // up to the next delimiter
};

}  // namespace edo::detail
