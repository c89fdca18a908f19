// SPDX-License-Identifier: MIT
// Numbers of fixed size, as protocols have them.
#pragma once

#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/io/read.hpp"
#include "edo/runtime/io/write.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace edo::io {

/// A number that `read_number` and `write_number` know: an integer or a floating-point number of at
/// most 64 bits. `bool` and characters are not numbers.
template <class T>
concept Number =
    (std::integral<T> || std::floating_point<T>) && sizeof(T) <= 8 && !std::same_as<T, bool> &&
    !std::same_as<T, char> && !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
    !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

}  // namespace edo::io

namespace edo::detail {

template <std::size_t Size>
struct UnsignedOf;
template <>
struct UnsignedOf<1> {
    using type = std::uint8_t;
};
template <>
struct UnsignedOf<2> {
    using type = std::uint16_t;
};
template <>
struct UnsignedOf<4> {
    using type = std::uint32_t;
};
template <>
struct UnsignedOf<8> {
    using type = std::uint64_t;
};

template <std::endian Order, io::Number T>
[[nodiscard]] std::array<std::byte, sizeof(T)> to_bytes(T value) noexcept {
    const auto bits = std::bit_cast<typename UnsignedOf<sizeof(T)>::type>(value);
    std::array<std::byte, sizeof(T)> bytes;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        const std::size_t shift = 8 * (Order == std::endian::big ? sizeof(T) - 1 - i : i);
        bytes[i] = std::byte(bits >> shift & 0xff);
    }
    return bytes;
}

template <std::endian Order, io::Number T>
[[nodiscard]] T from_bytes(const std::array<std::byte, sizeof(T)>& bytes) noexcept {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        bits = bits << 8 | std::uint64_t(bytes[Order == std::endian::big ? i : sizeof(T) - 1 - i]);
    }
    return std::bit_cast<T>(typename UnsignedOf<sizeof(T)>::type(bits));
}

template <std::endian Order, io::Number T, io::AsyncWrite W>
Task<Result<void>> write_number(W& writer, T value) {
    const std::array<std::byte, sizeof(T)> bytes = to_bytes<Order>(value);
    co_return co_await io::write_all(writer, bytes);
}

}  // namespace edo::detail

namespace edo::io {

/// Reads a number of `sizeof(T)` bytes, by default with the most significant byte first, as
/// protocols have it.
///
/// ```cpp
/// const auto length = co_await edo::io::read_number<std::uint32_t>(reader);
/// ```
///
/// Of a socket each number is a system call: put a `BufReader` in between.
///
/// @param reader Must outlive the operation.
///
/// @par Errors
/// - `Errc::UnexpectedEof`: the stream ended before.
/// - What `reader.read` yields.
///
/// @par Cancel safety
/// Not cancel safe: bytes that were read before are lost.
///
/// @par Example
/// @snippet io_streams.cpp numbers
template <Number T, std::endian Order = std::endian::big, AsyncRead R>
Task<Result<T>> read_number(R& reader) {
    std::array<std::byte, sizeof(T)> bytes;
    co_await propagate(co_await read_exact(reader, bytes));
    co_return detail::from_bytes<Order, T>(bytes);
}

/// Writes a number as `sizeof(T)` bytes, by default with the most significant one first.
///
/// The type is always said, as in `write_number<std::uint16_t>(writer, 80)`.
///
/// @param writer Must outlive the operation.
///
/// @par Errors
/// - `Errc::WriteZero`: the writer accepts nothing any more.
/// - What `writer.write` yields.
///
/// @par Cancel safety
/// Not cancel safe: how much was written is unknown.
///
/// @par Example
/// @snippet io_streams.cpp numbers
template <Number T, AsyncWrite W>
Task<Result<void>> write_number(W& writer, std::type_identity_t<T> value) {
    return detail::write_number<std::endian::big, T>(writer, value);
}
/// The same with a given order of the bytes: `write_number<T, std::endian::little>`.
template <Number T, std::endian Order, AsyncWrite W>
Task<Result<void>> write_number(W& writer, std::type_identity_t<T> value) {
    return detail::write_number<Order, T>(writer, value);
}

/// Reads one byte; see `read_number`, also for all that follow. `_le` is for the least significant
/// byte first.
template <AsyncRead R>
Task<Result<std::uint8_t>> read_u8(R& reader) {
    return read_number<std::uint8_t>(reader);
}
template <AsyncRead R>
Task<Result<std::uint16_t>> read_u16(R& reader) {
    return read_number<std::uint16_t>(reader);
}
template <AsyncRead R>
Task<Result<std::uint32_t>> read_u32(R& reader) {
    return read_number<std::uint32_t>(reader);
}
template <AsyncRead R>
Task<Result<std::uint64_t>> read_u64(R& reader) {
    return read_number<std::uint64_t>(reader);
}
template <AsyncRead R>
Task<Result<std::uint16_t>> read_u16_le(R& reader) {
    return read_number<std::uint16_t, std::endian::little>(reader);
}
template <AsyncRead R>
Task<Result<std::uint32_t>> read_u32_le(R& reader) {
    return read_number<std::uint32_t, std::endian::little>(reader);
}
template <AsyncRead R>
Task<Result<std::uint64_t>> read_u64_le(R& reader) {
    return read_number<std::uint64_t, std::endian::little>(reader);
}

/// Writes one byte; see `write_number`, also for all that follow.
template <AsyncWrite W>
Task<Result<void>> write_u8(W& writer, std::uint8_t value) {
    return write_number<std::uint8_t>(writer, value);
}
template <AsyncWrite W>
Task<Result<void>> write_u16(W& writer, std::uint16_t value) {
    return write_number<std::uint16_t>(writer, value);
}
template <AsyncWrite W>
Task<Result<void>> write_u32(W& writer, std::uint32_t value) {
    return write_number<std::uint32_t>(writer, value);
}
template <AsyncWrite W>
Task<Result<void>> write_u64(W& writer, std::uint64_t value) {
    return write_number<std::uint64_t>(writer, value);
}
template <AsyncWrite W>
Task<Result<void>> write_u16_le(W& writer, std::uint16_t value) {
    return write_number<std::uint16_t, std::endian::little>(writer, value);
}
template <AsyncWrite W>
Task<Result<void>> write_u32_le(W& writer, std::uint32_t value) {
    return write_number<std::uint32_t, std::endian::little>(writer, value);
}
template <AsyncWrite W>
Task<Result<void>> write_u64_le(W& writer, std::uint64_t value) {
    return write_number<std::uint64_t, std::endian::little>(writer, value);
}

}  // namespace edo::io
