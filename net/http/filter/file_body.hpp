// SPDX-License-Identifier: MIT
// Files, and parts of them, as bodies that are read as they are asked for.
#pragma once

#include "edo/net/http/body.hpp"
#include "edo/net/http/filter/conditional.hpp"
#include "edo/runtime/fs/file.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace edo::http::filter::detail {

/// What the body of a file is read by.
inline constexpr std::uint64_t kFilePiece = std::uint64_t{64} * 1024;

/// A part of a file. `Errc::Truncated` if the file was cut meanwhile.
[[nodiscard]] Body file_body(edo::fs::File file, ByteRange range);

/// Several parts of a file of `size` bytes, as `multipart/byteranges` (RFC 9110 section 14.6).
[[nodiscard]] Body file_parts_body(edo::fs::File file, const std::vector<ByteRange>& ranges,
                                   std::uint64_t size, std::string_view content_type,
                                   std::string_view boundary);

/// "bytes 2-4/10"
[[nodiscard]] std::string content_range(ByteRange range, std::uint64_t size);

}  // namespace edo::http::filter::detail
