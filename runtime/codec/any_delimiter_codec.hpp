// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/codec/delimited_frames.hpp"
#include "edo/runtime/io/line.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edo::codec {

/// Frames that end with any one of some bytes; the last one may have no end.
///
/// Frames are without their delimiter. A frame that is longer than the limit is stepped over, and
/// reported once with `Errc::LimitExceeded`.
///
/// @par Example
/// @snippet codec.cpp any_delimiter_codec
class AnyDelimiterCodec {
public:
    using Item = std::vector<std::byte>;

    /// @param delimiters Bytes of which each ends a frame.
    /// @param separator What is appended to each frame that is encoded.
    /// @param limit The longest frame accepted, in bytes.
    /// @throws UsageError if there are no delimiters.
    explicit AnyDelimiterCodec(std::string_view delimiters, std::string_view separator,
                               std::size_t limit = io::kDefaultLineLimit);

    [[nodiscard]] Result<std::optional<Item>> decode(Buffer& buffer);
    [[nodiscard]] Result<std::optional<Item>> decode_eof(Buffer& buffer);
    /// Appends the bytes and the separator.
    [[nodiscard]] Result<void> encode(std::span<const std::byte> bytes, Buffer& buffer);
    [[nodiscard]] Result<void> encode(std::string_view text, Buffer& buffer);

    [[nodiscard]] std::size_t max_length() const noexcept { return limit_; }

private:
    std::size_t limit_;
    std::string separator_;
    detail::DelimitedFrames frames_;
};

}  // namespace edo::codec
