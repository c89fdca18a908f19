// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <span>

namespace edo::io {

/// Writes all of `bytes`, and takes off its front what was written: a `write_all` that can be gone
/// on with after it was cancelled or has failed.
///
/// @param writer Must outlive the operation.
/// @param bytes What is still to be written; empty at the end. The span and its memory must outlive
///     the operation.
///
/// @par Errors
/// `bytes` is what was not written then.
/// - `Errc::WriteZero`: the writer accepts nothing any more.
/// - What `writer.write` yields.
///
/// @par Cancel safety
/// Cancel safe: `bytes` is what was not written yet. Call it again with that.
///
/// @par Example
/// @snippet io_streams.cpp write_all_buf
template <AsyncWrite W>
Task<Result<void>> write_all_buf(W& writer, std::span<const std::byte>& bytes) {
    while (!bytes.empty()) {
        const std::size_t count = co_await propagate(co_await writer.write(bytes));
        if (count == 0) {
            co_return failure(Errc::WriteZero);
        }
        bytes = bytes.subspan(count);
    }
    co_return Result<void>();
}

/// Writes some of `bytes`, and takes off its front what was written.
///
/// @param writer, bytes As for `write_all_buf`.
/// @return The number of bytes.
/// @par Errors
/// What `writer.write` yields.
/// @par Cancel safety
/// Cancel safe if `writer.write` is.
template <AsyncWrite W>
Task<Result<std::size_t>> write_buf(W& writer, std::span<const std::byte>& bytes) {
    const std::size_t count = co_await propagate(co_await writer.write(bytes));
    bytes = bytes.subspan(count);
    co_return count;
}

}  // namespace edo::io
