// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/io/utf8.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace edo::io {

/// How much `read_to_end` and `read_to_string` accept unless they are told otherwise: 16 MiB.
inline constexpr std::size_t kDefaultReadLimit = std::size_t{16} << 20;

/// Reads exactly `buffer.size()` bytes: what Asio calls `read`.
///
/// @param reader Must outlive the operation, as must the memory of `buffer`.
///
/// @par Errors
/// - `Errc::UnexpectedEof`: the stream ended before the buffer was full.
/// - What `reader.read` yields.
///
/// @par Cancel safety
/// Not cancel safe: what was read before is lost. Use `read` in a loop that keeps count outside.
///
/// @par Example
/// @snippet io.cpp read_exact
template <AsyncRead R>
Task<Result<void>> read_exact(R& reader, std::span<std::byte> buffer) {
    while (!buffer.empty()) {
        const std::size_t count = co_await propagate(co_await reader.read(buffer));
        if (count == 0) {
            co_return failure(Errc::UnexpectedEof);
        }
        buffer = buffer.subspan(count);
    }
    co_return Result<void>();
}

}  // namespace edo::io

namespace edo::detail {

/// Reads to the end of the stream into a vector or string, which grows as bytes arrive.
template <class Container, io::AsyncRead R>
Task<Result<Container>> read_all(R& reader, std::size_t limit) {
    constexpr std::size_t kFirst = 1024;
    Container bytes;
    std::size_t size = 0;
    for (;;) {
        if (size == bytes.size()) {
            // One byte beyond the limit tells a stream that is too long from one that fits.
            bytes.resize(
                std::min(std::max(2 * size, kFirst), limit == SIZE_MAX ? limit : limit + 1));
        }
        const auto room = std::as_writable_bytes(std::span(bytes)).subspan(size);
        const std::size_t count = co_await propagate(co_await reader.read(room));
        if (count == 0) {
            bytes.resize(size);
            co_return Result<Container>(std::move(bytes));
        }
        size += count;
        if (size > limit) {
            co_return failure(Errc::LimitExceeded);
        }
    }
}

}  // namespace edo::detail

namespace edo::io {

/// Reads to the end of the stream.
///
/// @param reader Must outlive the operation.
/// @param limit The longest stream accepted: a peer must not be able to fill the memory.
///
/// @par Errors
/// What was read before an error is lost.
/// - `Errc::LimitExceeded`: the stream is longer than `limit`.
/// - What `reader.read` yields.
///
/// @par Cancel safety
/// Not cancel safe: what was read before is lost.
///
/// @par Example
/// @snippet io.cpp read_to_end
template <AsyncRead R>
Task<Result<std::vector<std::byte>>> read_to_end(R& reader, std::size_t limit = kDefaultReadLimit) {
    return detail::read_all<std::vector<std::byte>>(reader, limit);
}

/// Reads UTF-8 text to the end of the stream. Otherwise like `read_to_end`, with one more error:
/// `Errc::InvalidData`, the bytes are not UTF-8.
template <AsyncRead R>
Task<Result<std::string>> read_to_string(R& reader, std::size_t limit = kDefaultReadLimit) {
    std::string text = co_await propagate(co_await detail::read_all<std::string>(reader, limit));
    if (!is_utf8(text)) {
        co_return failure(Errc::InvalidData);
    }
    co_return Result<std::string>(std::move(text));
}

}  // namespace edo::io
