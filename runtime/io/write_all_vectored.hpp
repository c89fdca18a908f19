// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace edo::detail {

template <class W>
concept HasWriteVectored =
    requires(W& writer, std::span<const std::span<const std::byte>> buffers) {
        { writer.write_vectored(buffers) } -> AwaitableOf<Result<std::size_t>>;
    };

/// Takes `count` bytes off the front of a list of buffers, and the empty ones with them.
inline void take_off(std::span<std::span<const std::byte>>& buffers, std::size_t count) noexcept {
    while (!buffers.empty()) {
        std::span<const std::byte>& first = buffers.front();
        const std::size_t taken = std::min(count, first.size());
        first = first.subspan(taken);
        count -= taken;
        if (!first.empty()) {
            return;
        }
        buffers = buffers.subspan(1);
    }
}

}  // namespace edo::detail

namespace edo::io {

/// Writes all of several buffers, one after the other, without copying them together: with
/// `write_vectored` where the writer has it, as sockets do, else one by one.
///
/// @param writer Must outlive the operation.
/// @param buffers What is still to be written; empty at the end. The span, the list and the memory
///     must outlive the operation, which changes the list.
///
/// @par Errors
/// `buffers` is what was not written then.
/// - `Errc::WriteZero`: the writer accepts nothing any more.
/// - What the writer yields.
///
/// @par Cancel safety
/// Cancel safe: `buffers` is what was not written yet. Call it again with that.
///
/// @par Example
/// @snippet io_bridges.cpp write_all_vectored
template <AsyncWrite W>
Task<Result<void>> write_all_vectored(W& writer, std::span<std::span<const std::byte>>& buffers) {
    detail::take_off(buffers, 0);
    while (!buffers.empty()) {
        std::size_t count = 0;
        if constexpr (detail::HasWriteVectored<W>) {
            count = co_await propagate(co_await writer.write_vectored(buffers));
        } else {
            count = co_await propagate(co_await writer.write(buffers.front()));
        }
        if (count == 0) {
            co_return failure(Errc::WriteZero);
        }
        detail::take_off(buffers, count);
    }
    co_return Result<void>();
}

}  // namespace edo::io
