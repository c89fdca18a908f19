// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/result.hpp"

#include <concepts>
#include <optional>
#include <utility>

namespace edo::codec {

/// Makes frames of bytes. A decoder has a type `Item` and a function `decode(buffer)`, which takes
/// the bytes of the next frame out of the buffer and yields it, or `std::nullopt` when the buffer
/// does not hold all of it yet. What it has understood may stay in the buffer or in the decoder.
///
/// It may also have `decode_eof(buffer)`, called at the end of the stream again and again until it
/// yields `std::nullopt`. Without it, `decode` is called, and bytes that are left over are the
/// error `Errc::UnexpectedEof`.
///
/// @par Example
/// @snippet codec.cpp decoder
template <class D>
concept Decoder = requires(D& decoder, Buffer& buffer) {
    typename D::Item;
    { decoder.decode(buffer) } -> std::same_as<Result<std::optional<typename D::Item>>>;
};

/// Makes bytes of frames: `encode(item, buffer)` appends them to the buffer, or appends nothing and
/// yields an error.
///
/// @par Example
/// @snippet codec.cpp decoder
template <class E, class Item>
concept Encoder = requires(E& encoder, Item&& item, Buffer& buffer) {
    { encoder.encode(std::forward<Item>(item), buffer) } -> std::same_as<Result<void>>;
};

}  // namespace edo::codec

namespace edo::detail {

template <class D>
concept HasDecodeEof = requires(D& decoder, codec::Buffer& buffer) {
    { decoder.decode_eof(buffer) } -> std::same_as<Result<std::optional<typename D::Item>>>;
};

template <codec::Decoder D>
Result<std::optional<typename D::Item>> decode_at_end(D& decoder, codec::Buffer& buffer) {
    if constexpr (HasDecodeEof<D>) {
        return decoder.decode_eof(buffer);
    } else {
        auto item = decoder.decode(buffer);
        if (item && !item->has_value() && !buffer.empty()) {
            buffer.clear();  // so that this is reported once
            return failure(make_error_code(Errc::UnexpectedEof));
        }
        return item;
    }
}

}  // namespace edo::detail
