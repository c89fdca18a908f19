// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace edo::io {

/// Writes all of `bytes`.
///
/// @param writer Must outlive the operation, as must the memory of `bytes`.
///
/// @par Errors
/// How much was written before an error is unknown.
/// - `Errc::WriteZero`: the writer accepts nothing any more.
/// - What `writer.write` yields.
///
/// @par Cancel safety
/// Not cancel safe: how much was written is unknown.
///
/// @par Example
/// @snippet io.cpp write_all
template <AsyncWrite W>
Task<Result<void>> write_all(W& writer, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const std::size_t count = co_await propagate(co_await writer.write(bytes));
        if (count == 0) {
            co_return failure(Errc::WriteZero);
        }
        bytes = bytes.subspan(count);
    }
    co_return Result<void>();
}

/// The same for text. The characters must outlive the operation: a temporary `std::string` does so
/// only where the call is awaited at once.
template <AsyncWrite W>
Task<Result<void>> write_all(W& writer, std::string_view text) {
    return write_all(writer, std::as_bytes(std::span(text)));
}

}  // namespace edo::io
