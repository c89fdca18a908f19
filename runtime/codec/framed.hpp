// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/codec/concepts.hpp"
#include "edo/runtime/codec/frame_io.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/split.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::codec {

/// What a framed stream was made of, to be made into another one: for example after a handshake
/// with one codec. Nothing that was read or accepted is lost.
template <class S, class C>
class FramedParts {
public:
    FramedParts(S&& stream, C parts_codec, Buffer read, Buffer write)
        : io(std::forward<S>(stream)),
          codec(std::move(parts_codec)),
          read_buffer(std::move(read)),
          write_buffer(std::move(write)) {}

    S io;                 ///< the stream, or a reference to it
    C codec;              ///< the codec
    Buffer read_buffer;   ///< read from the stream and not decoded yet
    Buffer write_buffer;  ///< encoded and not written to the stream yet
};

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

/// Encodes frames into a writer.
///
/// **Call `flush`, `send` or `shutdown` before you drop it**: what is still in the buffer then is
/// lost.
///
/// @tparam W The writer, or a reference to it.
/// @tparam E The encoder.
/// @par Thread safety
/// None; one operation at a time.
/// @par Example
/// @snippet codec.cpp framed_write
template <class W, class E>
    requires io::AsyncWrite<std::remove_reference_t<W>>
class FramedWrite {
public:
    FramedWrite(W&& writer, E encoder)
        : writer_(std::forward<W>(writer)), encoder_(std::move(encoder)), sink_(Buffer()) {}
    /// Begins with bytes that were encoded before: those of `FramedParts`.
    FramedWrite(W&& writer, E encoder, Buffer written)
        : writer_(std::forward<W>(writer)),
          encoder_(std::move(encoder)),
          sink_(std::move(written)) {}

    /// Encodes a frame and writes out all that was encoded.
    ///
    /// @par Errors
    /// What the encoder and the writer yield, and `Errc::WriteZero`.
    /// @par Cancel safety
    /// Not cancel safe: whether the frame was accepted is unknown. Where that matters await
    /// `ready`, then call `start_send`, then await `flush`.
    template <class Item>
        requires Encoder<E, Item>
    [[nodiscard]] Task<Result<void>> send(Item item) {
        return sink_.send(writer_, encoder_, std::move(item));
    }
    /// Encodes a frame into the buffer; first writes the buffer out if it holds as much as the
    /// back-pressure boundary. Many of these and one `flush` make few system calls.
    ///
    /// @par Errors
    /// Those of `send`. The frame was not accepted then.
    /// @par Cancel safety
    /// Not cancel safe: a cancelled `feed` has dropped the frame. Await `ready`, then call
    /// `start_send`.
    template <class Item>
        requires Encoder<E, Item>
    [[nodiscard]] Task<Result<void>> feed(Item item) {
        return sink_.feed(writer_, encoder_, std::move(item));
    }

    /// Waits until there is room for a frame.
    /// @par Errors
    /// What the writer yields, and `Errc::WriteZero`.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] Task<Result<void>> ready() { return sink_.make_room(writer_); }
    /// Encodes a frame into the buffer without waiting, however full that is.
    /// @par Errors
    /// What the encoder yields; the frame was not accepted then.
    template <class Item>
        requires Encoder<E, Item>
    [[nodiscard]] Result<void> start_send(Item item) {
        return encoder_.encode(std::move(item), sink_.buffer());
    }
    /// Writes out all that was encoded, and flushes the writer.
    /// @par Errors
    /// What the writer yields, and `Errc::WriteZero`.
    /// @par Cancel safety
    /// Cancel safe: what was not written stays in the buffer.
    [[nodiscard]] Task<Result<void>> flush() { return sink_.flush(writer_); }
    /// Flushes, then shuts the writer down if it can be.
    [[nodiscard]] Task<Result<void>> shutdown() { return sink_.shutdown(writer_); }

    /// From how many bytes in the buffer on `feed` and `ready` write it out: 8 KiB by default.
    [[nodiscard]] std::size_t backpressure_boundary() const noexcept { return sink_.boundary(); }
    void set_backpressure_boundary(std::size_t bytes) noexcept { sink_.set_boundary(bytes); }

    [[nodiscard]] std::remove_reference_t<W>& inner() noexcept { return writer_; }
    [[nodiscard]] E& encoder() noexcept { return encoder_; }
    /// What was encoded and not written yet.
    [[nodiscard]] Buffer& write_buffer() noexcept { return sink_.buffer(); }
    /// The writer, the encoder and what was not written yet.
    [[nodiscard]] FramedParts<W, E> into_parts() && {
        return FramedParts<W, E>(std::forward<W>(writer_), std::move(encoder_), Buffer(),
                                 std::move(sink_.buffer()));
    }
    /// The same with the encoder that `function(encoder)` makes of this one. What was encoded and
    /// not written yet is written first.
    template <class Function>
    [[nodiscard]] auto map_encoder(Function function) && {
        FramedWrite<W, std::invoke_result_t<Function, E>> mapped(
            std::forward<W>(writer_), function(std::move(encoder_)), std::move(sink_.buffer()));
        mapped.set_backpressure_boundary(sink_.boundary());
        return mapped;
    }

private:
    W writer_;
    E encoder_;
    detail::FrameSink sink_;
};

template <class W, class E>
FramedWrite(W&& writer, E encoder) -> FramedWrite<W, E>;
template <class W, class E>
FramedWrite(W&& writer, E encoder, Buffer written) -> FramedWrite<W, E>;

/// A `FramedRead` and a `FramedWrite` over one stream and one codec. The operations are described
/// there.
///
/// @tparam S The stream, or a reference to it.
/// @tparam C The codec: a decoder that is also an encoder.
/// @par Thread safety
/// None. Two branches of a task may read and write at the same time; for two tasks split the stream
/// and give each half a codec of its own.
/// @par Example
/// @snippet codec.cpp framed
template <class S, Decoder C>
    requires io::AsyncReadWrite<std::remove_reference_t<S>>
class Framed {
public:
    using Item = typename C::Item;

    Framed(S&& stream, C codec)
        : io_(std::forward<S>(stream)),
          codec_(std::move(codec)),
          source_(Buffer()),
          sink_(Buffer()) {}
    /// Goes on where another one has stopped; see `into_parts`.
    explicit Framed(FramedParts<S, C> parts)
        : io_(std::forward<S>(parts.io)),
          codec_(std::move(parts.codec)),
          source_(std::move(parts.read_buffer)),
          sink_(std::move(parts.write_buffer)) {}

    /// See `FramedRead::next`.
    [[nodiscard]] Task<std::optional<Result<Item>>> next() { return source_.next(io_, codec_); }

    /// See `FramedWrite::send`.
    template <class T>
        requires Encoder<C, T>
    [[nodiscard]] Task<Result<void>> send(T item) {
        return sink_.send(io_, codec_, std::move(item));
    }
    /// See `FramedWrite::feed`.
    template <class T>
        requires Encoder<C, T>
    [[nodiscard]] Task<Result<void>> feed(T item) {
        return sink_.feed(io_, codec_, std::move(item));
    }
    /// See `FramedWrite::ready`.
    [[nodiscard]] Task<Result<void>> ready() { return sink_.make_room(io_); }
    /// See `FramedWrite::start_send`.
    template <class T>
        requires Encoder<C, T>
    [[nodiscard]] Result<void> start_send(T item) {
        return codec_.encode(std::move(item), sink_.buffer());
    }
    /// See `FramedWrite::flush`.
    [[nodiscard]] Task<Result<void>> flush() { return sink_.flush(io_); }
    /// See `FramedWrite::shutdown`.
    [[nodiscard]] Task<Result<void>> shutdown() { return sink_.shutdown(io_); }

    /// See `FramedWrite::backpressure_boundary`.
    [[nodiscard]] std::size_t backpressure_boundary() const noexcept { return sink_.boundary(); }
    void set_backpressure_boundary(std::size_t bytes) noexcept { sink_.set_boundary(bytes); }

    [[nodiscard]] std::remove_reference_t<S>& inner() noexcept { return io_; }
    [[nodiscard]] C& codec() noexcept { return codec_; }
    [[nodiscard]] Buffer& read_buffer() noexcept { return source_.buffer(); }
    [[nodiscard]] Buffer& write_buffer() noexcept { return sink_.buffer(); }

    /// The stream, the codec, and what was neither decoded nor written yet.
    [[nodiscard]] FramedParts<S, C> into_parts() && {
        return FramedParts<S, C>(std::forward<S>(io_), std::move(codec_),
                                 std::move(source_.buffer()), std::move(sink_.buffer()));
    }
    /// The same with another codec: what the peer has sent already is decoded with it.
    template <Decoder C2>
    [[nodiscard]] Framed<S, C2> with_codec(C2 codec) && {
        return Framed<S, C2>(FramedParts<S, C2>(std::forward<S>(io_), std::move(codec),
                                                std::move(source_.buffer()),
                                                std::move(sink_.buffer())));
    }

    /// The same with the codec that `function(codec)` makes of this one.
    template <class Function>
        requires Decoder<std::invoke_result_t<Function, C>>
    [[nodiscard]] Framed<S, std::invoke_result_t<Function, C>> map_codec(Function function) && {
        auto codec = function(std::move(codec_));
        return std::move(*this).with_codec(std::move(codec));
    }

private:
    S io_;
    C codec_;
    detail::FrameSource source_;
    detail::FrameSink sink_;
};

template <class S, class C>
Framed(S&& stream, C codec) -> Framed<S, C>;

}  // namespace edo::codec
