// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace edo::http::h1 {

/// How large the parts of an HTTP/1 message may be, beside its body. In bytes, line ends included.
class Limits {
public:
    Limits() = default;

    /// The first line: `Errc::TargetTooLong`.
    std::size_t start_line = std::size_t{8} * 1024;
    /// All header lines together: `Errc::HeadersTooLarge`.
    std::size_t headers = std::size_t{64} * 1024;
    /// How many headers there may be: `Errc::HeadersTooLarge`.
    std::size_t header_count = 100;
    /// All trailer lines together; their number is limited by `header_count`.
    std::size_t trailers = std::size_t{8} * 1024;
    /// All extensions of the chunks of one body together, which nobody uses: `Errc::BadChunk`.
    std::size_t chunk_extensions = std::size_t{16} * 1024;
};

}  // namespace edo::http::h1
