// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/codec/delimited_frames.hpp"
#include "edo/runtime/io/line.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace edo::codec {

/// Lines of UTF-8 text that end with `\n` or `\r\n`; the last one may have no end.
///
/// Frames are without the end of the line. What is refused is stepped over, so that the next line
/// comes after the error:
///
/// - `Errc::LimitExceeded`: a line is longer than the limit; reported once a line.
/// - `Errc::InvalidData`: a line is not UTF-8.
///
/// @par Example
/// @snippet codec.cpp lines_codec
class LinesCodec {
public:
    using Item = std::string;

    /// @param limit The longest line accepted, in bytes, without its end. A peer must not be able
    /// to
    ///     fill the memory.
    explicit LinesCodec(std::size_t limit = io::kDefaultLineLimit);

    [[nodiscard]] Result<std::optional<Item>> decode(Buffer& buffer);
    [[nodiscard]] Result<std::optional<Item>> decode_eof(Buffer& buffer);
    /// Appends the line and `\n`.
    [[nodiscard]] Result<void> encode(std::string_view line, Buffer& buffer);

    [[nodiscard]] std::size_t max_length() const noexcept { return limit_; }

private:
    std::size_t limit_;
    detail::DelimitedFrames frames_;
};

}  // namespace edo::codec
