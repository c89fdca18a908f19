// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/concepts.hpp"

#include <cstddef>
#include <span>

namespace edo::io {

/// A reader with a buffer that can be looked at: a `BufReader`, a `BufStream`.
///
/// `reader.fill_buf()` waits until the buffer holds something and yields it for a look, or nothing
/// at the end of the stream; `reader.consume(count)` takes bytes out.
template <class R>
concept AsyncBufRead = AsyncRead<R> && requires(R& reader, std::size_t count) {
    { reader.fill_buf() } -> detail::AwaitableOf<Result<std::span<const std::byte>>>;
    reader.consume(count);
};

}  // namespace edo::io
