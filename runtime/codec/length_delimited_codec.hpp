// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/result.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace edo::codec {

class LengthDelimitedCodec;

/// Describes the frames of a `LengthDelimitedCodec`.
///
/// ```
///   offset    length field
///   +-------+---------------+-----------------------------------------+
///   | ...   | n             | ...                                     |
///   +-------+---------------+-----------------------------------------+
///   <------ num_skip ------><------ frame: n + length_adjustment ----->
/// ```
///
/// Each setter yields the builder itself, to go on with.
/// @par Example
/// @snippet codec.cpp length_delimited_builder
class LengthDelimitedBuilder {
public:
    LengthDelimitedBuilder() = default;

    /// The size of the length field in bytes, 1 to 8. Default 4.
    LengthDelimitedBuilder& length_field_length(std::size_t bytes);
    /// How many bytes come before the length field. Default 0.
    LengthDelimitedBuilder& length_field_offset(std::size_t bytes);
    /// What to add to the number in the field to get the size of the frame that `decode` yields:
    /// for example minus the size of the head, if the number includes the head and the frame does
    /// not. Default 0.
    LengthDelimitedBuilder& length_adjustment(std::int64_t bytes);
    /// How many bytes at the beginning are thrown away; the frame begins after them. Default: all
    /// up to the end of the length field. With less than that the frame begins with the rest of the
    /// head, whose size must be part of the adjusted length: see `length_adjustment`.
    LengthDelimitedBuilder& num_skip(std::size_t bytes);
    /// The largest number accepted in the length field, and the largest frame that can be encoded.
    /// Default 8 MiB; never more than the field can hold.
    LengthDelimitedBuilder& max_frame_length(std::size_t bytes);
    /// The order of the bytes of the length field. Default: the most significant one first.
    LengthDelimitedBuilder& big_endian();
    LengthDelimitedBuilder& little_endian();
    LengthDelimitedBuilder& native_endian();

    /// @throws UsageError if the length field is not of 1 to 8 bytes.
    [[nodiscard]] LengthDelimitedCodec build() const;

private:
    friend class LengthDelimitedCodec;

    [[nodiscard]] std::size_t field_end() const noexcept { return offset_ + length_; }
    [[nodiscard]] std::size_t skip() const noexcept { return skip_.value_or(field_end()); }
    [[nodiscard]] std::uint64_t limit() const noexcept;

    std::size_t offset_ = 0;
    std::size_t length_ = 4;
    std::int64_t adjustment_ = 0;
    std::optional<std::size_t> skip_;
    std::size_t max_ = std::size_t{8} << 20;
    std::endian order_ = std::endian::big;
};

/// Frames that say in front how long they are. By default: four bytes with the length, the most
/// significant one first, then that many bytes.
///
/// @par Errors
/// Of `decode`; the stream is of no use any more then, since nobody knows where the next frame
/// begins:
/// - `Errc::LimitExceeded`: the length is beyond the limit. Nothing was allocated for it.
/// - `Errc::InvalidData`: once it was adjusted, the length is negative or too large, or the frame
///   ends before its own length field does.
///
/// Of `encode`; nothing was appended: `Errc::LimitExceeded`, `Errc::InvalidData`.
/// @par Example
/// @snippet codec.cpp length_delimited
class LengthDelimitedCodec {
public:
    using Item = std::vector<std::byte>;

    LengthDelimitedCodec() = default;
    explicit LengthDelimitedCodec(const LengthDelimitedBuilder& settings) : settings_(settings) {}
    /// To describe other frames.
    [[nodiscard]] static LengthDelimitedBuilder builder() { return {}; }

    [[nodiscard]] Result<std::optional<Item>> decode(Buffer& buffer);
    /// Yields `Errc::UnexpectedEof` once if the stream ends within a frame.
    [[nodiscard]] Result<std::optional<Item>> decode_eof(Buffer& buffer);
    /// Appends the length and the bytes. Of the head only the length field is written, whatever the
    /// offset is.
    [[nodiscard]] Result<void> encode(std::span<const std::byte> bytes, Buffer& buffer);
    [[nodiscard]] Result<void> encode(std::string_view text, Buffer& buffer);

    [[nodiscard]] std::size_t max_frame_length() const noexcept { return settings_.max_; }
    /// Takes effect with the next head that is decoded.
    void set_max_frame_length(std::size_t bytes) noexcept { settings_.max_ = bytes; }

private:
    [[nodiscard]] Result<std::optional<std::size_t>> decode_head(Buffer& buffer);

    LengthDelimitedBuilder settings_;
    std::optional<std::size_t> size_;  // of the frame whose head was decoded
};

}  // namespace edo::codec
