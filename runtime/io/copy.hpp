// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/io/write.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace edo::detail {

inline constexpr std::size_t kCopyBuffer = 8192;

template <io::AsyncRead R>
Task<Result<std::size_t>> read_some(R& reader, std::span<std::byte> buffer) {
    co_return co_await reader.read(buffer);
}

/// Reads; while there is nothing to read, flushes the writer, since whoever waits for its bytes
/// may have to act before more come.
template <io::AsyncRead R, HasFlush W>
Task<Result<std::size_t>> read_or_flush(R& reader, W& writer, std::span<std::byte> buffer) {
    Task<Result<std::size_t>> reading = read_some(reader, buffer);
    auto first = co_await select(biased, reading, writer.flush());
    if (first.template is<0>()) {
        co_return std::move(first).template get<0>();
    }
    co_await propagate(std::move(first).template get<1>());
    co_return co_await std::move(reading);
}

}  // namespace edo::detail

namespace edo::io {

/// Copies all that `reader` yields to `writer`, until the stream ends.
///
/// The writer is flushed whenever the reader has nothing more for the moment, and at the end; it is
/// not shut down.
///
/// @param reader, writer Must outlive the operation.
/// @param buffer_size How much is read at a time, at least one byte.
/// @return The number of bytes copied.
///
/// @par Errors
/// What `reader.read`, `writer.write` and `writer.flush` yield, and `Errc::WriteZero`. How much was
/// written before an error is unknown.
///
/// @par Cancel safety
/// Not cancel safe: what was read last, up to `buffer_size`, may not have been written.
///
/// @par Example
/// @snippet io.cpp copy
template <AsyncRead R, AsyncWrite W>
Task<Result<std::uint64_t>> copy(R& reader, W& writer,
                                 std::size_t buffer_size = detail::kCopyBuffer) {
    std::vector<std::byte> buffer(buffer_size > 0 ? buffer_size : 1);
    std::uint64_t copied = 0;
    for (;;) {
        std::size_t count = 0;
        if constexpr (detail::HasFlush<W>) {
            count = co_await propagate(co_await detail::read_or_flush(reader, writer, buffer));
        } else {
            count = co_await propagate(co_await reader.read(buffer));
        }
        if (count == 0) {
            break;
        }
        co_await propagate(co_await write_all(writer, std::span(buffer).first(count)));
        copied += count;
    }
    if constexpr (detail::HasFlush<W>) {
        co_await propagate(co_await writer.flush());
    }
    co_return copied;
}

}  // namespace edo::io
