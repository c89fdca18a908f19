// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/codec/concepts.hpp"
#include "edo/runtime/codec/frame_io.hpp"
#include "edo/runtime/codec/framed_parts.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <optional>
#include <type_traits>
#include <utility>

namespace edo::codec {

/// Decodes a reader into frames.
///
/// ```cpp
/// edo::codec::FramedRead lines(stream, edo::codec::LinesCodec());             // uses the stream
/// edo::codec::FramedRead lines(std::move(stream), edo::codec::LinesCodec());  // keeps it
/// ```
///
/// It is an `edo::stream::Stream` of `Result<Item>`.
///
/// @tparam R The reader, or a reference to it.
/// @tparam D The decoder.
/// @par Thread safety
/// None; one operation at a time.
/// @par Example
/// @snippet codec.cpp framed_read
template <class R, Decoder D>
    requires io::AsyncRead<std::remove_reference_t<R>>
class FramedRead {
public:
    using Item = typename D::Item;

    FramedRead(R&& reader, D decoder)
        : reader_(std::forward<R>(reader)), decoder_(std::move(decoder)), source_(Buffer()) {}
    /// Begins with bytes that were read before: those of `FramedParts`.
    FramedRead(R&& reader, D decoder, Buffer read)
        : reader_(std::forward<R>(reader)),
          decoder_(std::move(decoder)),
          source_(std::move(read)) {}

    /// The next frame.
    ///
    /// @return The frame; an error of the reader or decoder; or `std::nullopt` at the end of the
    ///     stream. After an error comes one `std::nullopt`, so that a loop ends there. Calls after
    ///     that go on with what is left, which is right for decoders that step over what they
    ///     refuse.
    /// @par Errors
    /// `Errc::UnexpectedEof` if the stream ends within a frame; what the reader and the decoder
    /// yield.
    /// @par Cancel safety
    /// Cancel safe: what was read stays in the buffer.
    [[nodiscard]] Task<std::optional<Result<Item>>> next() {
        return source_.next(reader_, decoder_);
    }

    [[nodiscard]] std::remove_reference_t<R>& inner() noexcept { return reader_; }
    [[nodiscard]] D& decoder() noexcept { return decoder_; }
    /// What was read and not decoded yet.
    [[nodiscard]] Buffer& read_buffer() noexcept { return source_.buffer(); }
    /// The reader, the decoder and what was not decoded yet.
    [[nodiscard]] FramedParts<R, D> into_parts() && {
        return FramedParts<R, D>(std::forward<R>(reader_), std::move(decoder_),
                                 std::move(source_.buffer()), Buffer());
    }
    /// The same with the decoder that `function(decoder)` makes of this one: what has arrived
    /// already is decoded with it.
    template <class Function>
        requires Decoder<std::invoke_result_t<Function, D>>
    [[nodiscard]] auto map_decoder(Function function) && {
        return FramedRead<R, std::invoke_result_t<Function, D>>(
            std::forward<R>(reader_), function(std::move(decoder_)), std::move(source_.buffer()));
    }

private:
    R reader_;
    D decoder_;
    detail::FrameSource source_;
};

template <class R, class D>
FramedRead(R&& reader, D decoder) -> FramedRead<R, D>;
template <class R, class D>
FramedRead(R&& reader, D decoder, Buffer read) -> FramedRead<R, D>;

}  // namespace edo::codec
