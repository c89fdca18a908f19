// SPDX-License-Identifier: MIT
// The two directions of a framed stream, which `FramedRead`, `FramedWrite` and `Framed` are made
// of.
#pragma once

#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/codec/concepts.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/ready.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <optional>
#include <utility>

namespace edo::detail {

/// The reading direction. All that must survive a cancelled `next` is in here.
class FrameSource {
public:
    explicit FrameSource(codec::Buffer buffer) noexcept
        : buffer_(std::move(buffer)), may_decode_(!buffer_.empty()) {}

    [[nodiscard]] codec::Buffer& buffer() noexcept { return buffer_; }
    [[nodiscard]] const codec::Buffer& buffer() const noexcept { return buffer_; }

    template <io::AsyncRead R, codec::Decoder D>
    Task<std::optional<Result<typename D::Item>>> next(R& reader, D& decoder) {
        using Item = typename D::Item;
        co_await Charge();
        if (has_failed_) {
            has_failed_ = false;
            co_return std::nullopt;
        }
        for (;;) {
            if (may_decode_) {
                auto item = at_end_ ? decode_at_end(decoder, buffer_) : decoder.decode(buffer_);
                if (!item) {
                    has_failed_ = true;
                    co_return Result<Item>(failure(item.error()));
                }
                if (item->has_value()) {
                    co_return Result<Item>(std::move(**item));
                }
                may_decode_ = false;
                if (at_end_) {
                    co_return std::nullopt;
                }
            }
            const Result<std::size_t> count = co_await reader.read(buffer_.prepare());
            if (!count) {
                has_failed_ = true;
                co_return Result<Item>(failure(count.error()));
            }
            buffer_.commit(*count);
            if (*count == 0 && at_end_) {
                co_return std::nullopt;  // and what `decode_eof` had to say was said
            }
            at_end_ = *count == 0;
            may_decode_ = true;
        }
    }

private:
    codec::Buffer buffer_;
    bool may_decode_;          // since the last attempt there is something new
    bool at_end_ = false;      // the last read has found the end of the stream
    bool has_failed_ = false;  // the next item is the end that follows an error
};

/// The writing direction.
class FrameSink {
public:
    explicit FrameSink(codec::Buffer buffer) noexcept : buffer_(std::move(buffer)) {}

    [[nodiscard]] codec::Buffer& buffer() noexcept { return buffer_; }
    [[nodiscard]] const codec::Buffer& buffer() const noexcept { return buffer_; }
    [[nodiscard]] bool is_full() const noexcept { return buffer_.size() >= boundary_; }
    [[nodiscard]] std::size_t boundary() const noexcept { return boundary_; }
    void set_boundary(std::size_t bytes) noexcept { boundary_ = bytes; }

    /// Writes out until the buffer holds less than `bound`, at least 1.
    template <io::AsyncWrite W>
    Task<Result<void>> write_out(W& writer, std::size_t bound) {
        while (buffer_.size() >= bound) {
            const std::size_t count = co_await propagate(co_await writer.write(buffer_.data()));
            if (count == 0) {
                co_return failure(Errc::WriteZero);
            }
            buffer_.consume(count);
        }
        co_return Result<void>();
    }

    /// Makes room, if there is none, by writing everything out.
    template <io::AsyncWrite W>
    Task<Result<void>> make_room(W& writer) {
        co_await Charge();
        if (is_full()) {
            co_await propagate(co_await write_out(writer, 1));
        }
        co_return Result<void>();
    }

    /// Encodes a frame when there is room for it, and writes everything out.
    template <io::AsyncWrite W, class E, class Item>
    Task<Result<void>> send(W& writer, E& encoder, Item item) {
        co_await propagate(co_await make_room(writer));
        co_await propagate(encoder.encode(std::move(item), buffer_));
        co_return co_await flush(writer);
    }

    /// The same without writing it out.
    template <io::AsyncWrite W, class E, class Item>
    Task<Result<void>> feed(W& writer, E& encoder, Item item) {
        co_await propagate(co_await make_room(writer));
        co_return encoder.encode(std::move(item), buffer_);
    }

    template <io::AsyncWrite W>
    Task<Result<void>> flush(W& writer) {
        co_await propagate(co_await write_out(writer, 1));
        if constexpr (HasFlush<W>) {
            co_await propagate(co_await writer.flush());
        }
        co_return Result<void>();
    }

    template <io::AsyncWrite W>
    Task<Result<void>> shutdown(W& writer) {
        co_await propagate(co_await flush(writer));
        if constexpr (HasShutdown<W>) {
            co_await propagate(co_await writer.shutdown());
        }
        co_return Result<void>();
    }

private:
    codec::Buffer buffer_;
    std::size_t boundary_ = codec::Buffer::kInitialCapacity;
};

}  // namespace edo::detail
