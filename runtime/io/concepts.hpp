// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/task/promise.hpp"

#include <concepts>
#include <cstddef>
#include <span>

namespace edo::detail {

/// Whether a `Task` may await an `A`, and gets a `T` from it.
template <class A, class T>
concept AwaitableOf = Awaitable<A> && std::same_as<AwaitResult<A>, T>;

}  // namespace edo::detail

namespace edo::io {

/// Something that bytes can be read from: a socket, a pipe, standard input, a `BufReader`.
///
/// `reader.read(buffer)` reads some bytes, at least one unless the stream has ended: then, or when
/// `buffer` is empty, it yields 0. When it is cancelled, or yields an error, nothing was read.
template <class R>
concept AsyncRead = requires(R& reader, std::span<std::byte> buffer) {
    { reader.read(buffer) } -> detail::AwaitableOf<Result<std::size_t>>;
};

/// Something that bytes can be written to.
///
/// `writer.write(bytes)` accepts some of them, from the front, and yields how many. When it is
/// cancelled, or yields an error, none was accepted. A writer may also have:
///
/// - `flush()`, which yields a `Result<void>` when all that was accepted has been passed on;
/// - `shutdown()`, which yields a `Result<void>` and ends the stream for the reader at its far end.
template <class W>
concept AsyncWrite = requires(W& writer, std::span<const std::byte> bytes) {
    { writer.write(bytes) } -> detail::AwaitableOf<Result<std::size_t>>;
};

}  // namespace edo::io

namespace edo::detail {

template <class W>
concept HasFlush = requires(W& writer) {
    { writer.flush() } -> AwaitableOf<Result<void>>;
};

template <class W>
concept HasShutdown = requires(W& writer) {
    { writer.shutdown() } -> AwaitableOf<Result<void>>;
};

}  // namespace edo::detail
