// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/async_buf_read.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace edo::io {

/// Copies all that `reader` yields to `writer`, until the stream ends, without a buffer between
/// them: out of the reader's own. The writer is flushed at the end, and not shut down.
///
/// @param reader, writer Must outlive the operation.
/// @return The number of bytes copied.
///
/// @par Errors
/// What `reader.fill_buf`, `writer.write` and `writer.flush` yield, and `Errc::WriteZero`.
///
/// @par Cancel safety
/// Cancel safe: what was not written is still in the reader, so that the copy can be started again.
/// Only the number of bytes is lost.
///
/// @par Example
/// @snippet io_streams.cpp copy_buf
template <AsyncBufRead R, AsyncWrite W>
Task<Result<std::uint64_t>> copy_buf(R& reader, W& writer) {
    std::uint64_t copied = 0;
    for (;;) {
        const std::span<const std::byte> bytes = co_await propagate(co_await reader.fill_buf());
        if (bytes.empty()) {
            break;
        }
        const std::size_t count = co_await propagate(co_await writer.write(bytes));
        if (count == 0) {
            co_return failure(Errc::WriteZero);
        }
        reader.consume(count);
        copied += count;
    }
    if constexpr (detail::HasFlush<W>) {
        co_await propagate(co_await writer.flush());
    }
    co_return copied;
}

}  // namespace edo::io
