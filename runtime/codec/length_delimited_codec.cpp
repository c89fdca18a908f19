// SPDX-License-Identifier: MIT
#include "edo/runtime/codec/length_delimited_codec.hpp"

#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <array>

namespace edo::codec {

namespace {

std::uint64_t load(std::span<const std::byte> field, std::endian order) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < field.size(); ++i) {
        value =
            value << 8 | std::uint64_t(field[order == std::endian::big ? i : field.size() - 1 - i]);
    }
    return value;
}

void store(std::uint64_t value, std::span<std::byte> field, std::endian order) noexcept {
    for (std::size_t i = 0; i < field.size(); ++i) {
        field[order == std::endian::little ? i : field.size() - 1 - i] =
            std::byte(value >> 8 * i & 0xff);
    }
}

/// `value + change`, or nothing where that is negative or does not fit.
std::optional<std::uint64_t> adjusted(std::uint64_t value, std::int64_t change) noexcept {
    std::uint64_t result = 0;
    const bool overflows = change >= 0
                               ? __builtin_add_overflow(value, std::uint64_t(change), &result)
                               : __builtin_sub_overflow(value, -std::uint64_t(change), &result);
    return overflows ? std::nullopt : std::optional(result);
}

}  // namespace

// ---- the builder
// ---------------------------------------------------------------------------------

LengthDelimitedBuilder& LengthDelimitedBuilder::length_field_length(std::size_t bytes) {
    length_ = bytes;
    return *this;
}
LengthDelimitedBuilder& LengthDelimitedBuilder::length_field_offset(std::size_t bytes) {
    offset_ = bytes;
    return *this;
}
LengthDelimitedBuilder& LengthDelimitedBuilder::length_adjustment(std::int64_t bytes) {
    adjustment_ = bytes;
    return *this;
}
LengthDelimitedBuilder& LengthDelimitedBuilder::num_skip(std::size_t bytes) {
    skip_ = bytes;
    return *this;
}
LengthDelimitedBuilder& LengthDelimitedBuilder::max_frame_length(std::size_t bytes) {
    max_ = bytes;
    return *this;
}
LengthDelimitedBuilder& LengthDelimitedBuilder::big_endian() {
    order_ = std::endian::big;
    return *this;
}
LengthDelimitedBuilder& LengthDelimitedBuilder::little_endian() {
    order_ = std::endian::little;
    return *this;
}
LengthDelimitedBuilder& LengthDelimitedBuilder::native_endian() {
    order_ = std::endian::native;
    return *this;
}

LengthDelimitedCodec LengthDelimitedBuilder::build() const {
    if (length_ < 1 || length_ > 8) {
        throw UsageError("edo: the length field of a LengthDelimitedCodec has 1 to 8 bytes");
    }
    return LengthDelimitedCodec(*this);
}

/// The largest number that may stand in the field.
std::uint64_t LengthDelimitedBuilder::limit() const noexcept {
    const std::uint64_t largest = length_ == 8 ? UINT64_MAX : (std::uint64_t{1} << 8 * length_) - 1;
    return std::min<std::uint64_t>(max_, largest);
}

// ---- the codec
// -----------------------------------------------------------------------------------

Result<std::optional<std::size_t>> LengthDelimitedCodec::decode_head(Buffer& buffer) {
    const std::size_t head = std::max(settings_.field_end(), settings_.skip());
    if (buffer.size() < head) {
        return std::nullopt;
    }
    const std::uint64_t length =
        load(buffer.data().subspan(settings_.offset_, settings_.length_), settings_.order_);
    if (length > settings_.limit()) {
        return failure(make_error_code(Errc::LimitExceeded));
    }
    const std::optional<std::uint64_t> size = adjusted(length, settings_.adjustment_);
    if (!size || *size > SIZE_MAX) {
        return failure(make_error_code(Errc::InvalidData));
    }
    // What begins with (a part of) its own head cannot end within it: the next head would be looked
    // for there, and a frame without any bytes would be found again and again.
    const std::size_t kept =
        settings_.field_end() - std::min(settings_.field_end(), settings_.skip());
    if (*size < kept) {
        return failure(make_error_code(Errc::InvalidData));
    }
    buffer.consume(settings_.skip());
    return std::optional(std::size_t(*size));
}

Result<std::optional<std::vector<std::byte>>> LengthDelimitedCodec::decode(Buffer& buffer) {
    if (!size_) {
        Result<std::optional<std::size_t>> size = decode_head(buffer);
        if (!size) {
            return failure(size.error());
        }
        size_ = *size;
    }
    if (!size_ || buffer.size() < *size_) {
        return std::nullopt;
    }
    std::optional<Item> frame(buffer.take(*size_));
    size_.reset();
    return frame;
}

Result<std::optional<std::vector<std::byte>>> LengthDelimitedCodec::decode_eof(Buffer& buffer) {
    auto frame = decode(buffer);
    if (frame && !frame->has_value() && (size_ || !buffer.empty())) {
        size_.reset();
        buffer.clear();
        return failure(make_error_code(Errc::UnexpectedEof));
    }
    return frame;
}

Result<void> LengthDelimitedCodec::encode(std::span<const std::byte> bytes, Buffer& buffer) {
    if (bytes.size() > settings_.max_) {
        return failure(make_error_code(Errc::LimitExceeded));
    }
    // What `decode` adds is subtracted.
    const std::optional<std::uint64_t> length =
        settings_.adjustment_ == INT64_MIN ? std::nullopt
                                           : adjusted(bytes.size(), -settings_.adjustment_);
    if (!length || *length > settings_.limit()) {
        return failure(make_error_code(length ? Errc::LimitExceeded : Errc::InvalidData));
    }
    std::array<std::byte, 8> field{};
    const auto used = std::span(field).first(settings_.length_);
    store(*length, used, settings_.order_);
    buffer.append(used);
    buffer.append(bytes);
    return {};
}

Result<void> LengthDelimitedCodec::encode(std::string_view text, Buffer& buffer) {
    return encode(std::as_bytes(std::span(text)), buffer);
}

}  // namespace edo::codec
