// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/codec/concepts.hpp"
#include "edo/runtime/codec/frame_io.hpp"
#include "edo/runtime/codec/framed_parts.hpp"
#include "edo/runtime/codec/framed_read.hpp"
#include "edo/runtime/codec/framed_write.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/split.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::codec {

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
