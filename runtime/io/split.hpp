// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/async_buf_read.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace edo::io {

/// Something that can be read from and written to.
template <class S>
concept AsyncReadWrite = AsyncRead<S> && AsyncWrite<S>;

template <AsyncReadWrite S>
class WriteHalf;

/// The reading half of a stream; made by `split`. It shares the stream with the other half, which
/// is destroyed when both are gone.
///
/// @par Thread safety
/// The halves may be used by two tasks at the same time if the stream allows one to read while
/// another one writes, as sockets, `DuplexStream` and `Join` do.
template <AsyncReadWrite S>
class ReadHalf {
public:
    explicit ReadHalf(std::shared_ptr<S> stream) noexcept : stream_(std::move(stream)) {}

    /// What the stream's own `read` does.
    [[nodiscard]] auto read(std::span<std::byte> buffer) { return stream_->read(buffer); }
    /// What the stream's own `fill_buf` does.
    [[nodiscard]] auto fill_buf()
        requires AsyncBufRead<S>
    {
        return stream_->fill_buf();
    }
    void consume(std::size_t count)
        requires AsyncBufRead<S>
    {
        stream_->consume(count);
    }

    /// Whether both are halves of one stream.
    [[nodiscard]] bool is_pair_of(const WriteHalf<S>& other) const noexcept {
        return stream_ == other.stream_;
    }

private:
    template <AsyncReadWrite T>
    friend T unsplit(ReadHalf<T> reader, WriteHalf<T> writer);
    std::shared_ptr<S> stream_;
};

/// The writing half of a stream; made by `split`. Dropping it does not end the stream towards the
/// peer: call `shutdown`.
///
/// @par Thread safety
/// See `ReadHalf`.
template <AsyncReadWrite S>
class WriteHalf {
public:
    explicit WriteHalf(std::shared_ptr<S> stream) noexcept : stream_(std::move(stream)) {}

    /// What the stream's own `write` does.
    [[nodiscard]] auto write(std::span<const std::byte> bytes) { return stream_->write(bytes); }
    /// What the stream's own `flush` does.
    [[nodiscard]] auto flush()
        requires detail::HasFlush<S>
    {
        return stream_->flush();
    }
    /// What the stream's own `shutdown` does.
    [[nodiscard]] auto shutdown()
        requires detail::HasShutdown<S>
    {
        return stream_->shutdown();
    }

private:
    friend class ReadHalf<S>;
    std::shared_ptr<S> stream_;
};

/// Splits any stream into two halves that two tasks, or two branches, can own. Sockets have an
/// `into_split` of their own, which does without the allocation.
///
/// @param stream Kept by the halves.
/// @par Example
/// @snippet io_streams.cpp split
template <AsyncReadWrite S>
[[nodiscard]] std::pair<ReadHalf<S>, WriteHalf<S>> split(S stream) {
    auto shared = std::make_shared<S>(std::move(stream));
    return {ReadHalf<S>(shared), WriteHalf<S>(shared)};
}

/// Puts the halves of a stream together again.
/// @throws UsageError if they are halves of different streams; both are destroyed then.
template <AsyncReadWrite S>
[[nodiscard]] S unsplit(ReadHalf<S> reader, WriteHalf<S> writer) {
    if (!reader.is_pair_of(writer)) {
        throw UsageError(
            "edo: unsplit was given halves of different streams; compare them with is_pair_of");
    }
    return std::move(*reader.stream_);
}

/// A reader and a writer as one stream; made by `join`.
///
/// @tparam R, W The reader and the writer, or references to them.
/// @par Thread safety
/// One task may read while another one writes.
template <class R, class W>
    requires AsyncRead<std::remove_reference_t<R>> && AsyncWrite<std::remove_reference_t<W>>
class Join {
public:
    Join(R&& reader, W&& writer)
        : reader_(std::forward<R>(reader)), writer_(std::forward<W>(writer)) {}

    /// What the reader's `read` does.
    [[nodiscard]] auto read(std::span<std::byte> buffer) { return reader_.read(buffer); }
    /// What the reader's `fill_buf` does.
    [[nodiscard]] auto fill_buf()
        requires AsyncBufRead<std::remove_reference_t<R>>
    {
        return reader_.fill_buf();
    }
    void consume(std::size_t count)
        requires AsyncBufRead<std::remove_reference_t<R>>
    {
        reader_.consume(count);
    }
    /// What the writer's `write` does.
    [[nodiscard]] auto write(std::span<const std::byte> bytes) { return writer_.write(bytes); }
    /// What the writer's `flush` does.
    [[nodiscard]] auto flush()
        requires detail::HasFlush<std::remove_reference_t<W>>
    {
        return writer_.flush();
    }
    /// What the writer's `shutdown` does.
    [[nodiscard]] auto shutdown()
        requires detail::HasShutdown<std::remove_reference_t<W>>
    {
        return writer_.shutdown();
    }

    [[nodiscard]] std::remove_reference_t<R>& reader() noexcept { return reader_; }
    [[nodiscard]] std::remove_reference_t<W>& writer() noexcept { return writer_; }
    /// Gives both back.
    [[nodiscard]] std::pair<R, W> into_inner() && {
        return std::pair<R, W>(std::forward<R>(reader_), std::forward<W>(writer_));
    }

private:
    R reader_;
    W writer_;
};

/// Makes one stream of a reader and a writer.
///
/// @param reader, writer Kept if they are rvalues, else used by reference and must outlive the
///     result.
/// @par Example
/// @snippet io_streams.cpp join
template <class R, class W>
[[nodiscard]] Join<R, W> join(R&& reader, W&& writer) {
    return Join<R, W>(std::forward<R>(reader), std::forward<W>(writer));
}

}  // namespace edo::io
