// SPDX-License-Identifier: MIT
#include "edo/net/http/ws/frame.hpp"

#include <cerrno>
#include <cstring>
#include <sys/random.h>
#include <system_error>

namespace edo::http::ws::detail {

namespace {

constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kReserved = 0x70;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kTwoBytes = 126;    // of length follow
constexpr std::uint8_t kEightBytes = 127;  // of length follow

bool is_known(std::uint8_t opcode) noexcept {
    return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

std::size_t length_bytes(std::uint8_t length) noexcept {
    return length == kTwoBytes ? 2 : length == kEightBytes ? 8 : 0;
}

std::uint8_t length_code(std::uint64_t size) noexcept {
    if (size < kTwoBytes) {
        return std::uint8_t(size);
    }
    return size <= UINT16_MAX ? kTwoBytes : kEightBytes;
}

tl::unexpected<std::error_code> refuse() {
    return failure(make_error_code(Errc::Protocol));
}

}  // namespace

std::size_t FrameHead::head_size() const noexcept {
    return 2 + length_bytes(length_code(size)) + (mask ? sizeof(Mask) : 0);
}

Result<std::optional<FrameHead>> decode_head(std::span<const std::byte> bytes, Role sender) {
    const auto byte = [&](std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); };
    if (bytes.empty()) {
        return std::nullopt;
    }
    FrameHead head;
    head.is_final = (byte(0) & kFinal) != 0;
    const std::uint8_t opcode = byte(0) & 15;
    if ((byte(0) & kReserved) != 0 || !is_known(opcode)) {
        return refuse();
    }
    head.opcode = Opcode(opcode);
    if (is_control(head.opcode) && !head.is_final) {
        return refuse();
    }
    if (bytes.size() < 2) {
        return std::nullopt;
    }
    const bool is_masked = (byte(1) & kMasked) != 0;
    const std::uint8_t length = byte(1) & 127;
    if (is_masked != (sender == Role::Client) ||
        (is_control(head.opcode) && length > kLargestControlFrame)) {
        return refuse();
    }
    const std::size_t mask_at = 2 + length_bytes(length);
    const std::size_t size = mask_at + (is_masked ? sizeof(Mask) : 0);
    if (bytes.size() < size) {
        return std::nullopt;
    }
    head.size = length_bytes(length) == 0 ? length : 0;
    for (std::size_t i = 2; i < mask_at; ++i) {
        head.size = head.size << 8 | byte(i);
    }
    // Lengths have their shortest form, and no highest bit.
    if (length_code(head.size) != length && length >= kTwoBytes) {
        return refuse();
    }
    if (head.size >> 63 != 0) {
        return refuse();
    }
    if (is_masked) {
        std::memcpy(head.mask.emplace().data(), bytes.data() + mask_at, sizeof(Mask));
    }
    return std::optional(head);
}

void append_head(std::string& to, const FrameHead& head) {
    const std::uint8_t length = length_code(head.size);
    to += char((head.is_final ? kFinal : 0) | std::uint8_t(head.opcode));
    to += char((head.mask ? kMasked : 0) | length);
    for (std::size_t i = length_bytes(length); i > 0; --i) {
        to += char(head.size >> 8 * (i - 1));
    }
    if (head.mask) {
        to.append(reinterpret_cast<const char*>(head.mask->data()), sizeof(Mask));
    }
}

void apply_mask(std::span<char> data, const Mask& mask, std::uint64_t offset) noexcept {
    // Eight bytes at a time: the mask, turned to where the data begin, twice.
    std::array<std::uint8_t, 8> turned;
    for (std::size_t i = 0; i < turned.size(); ++i) {
        turned[i] = mask[(offset + i) % sizeof(Mask)];
    }
    std::uint64_t wide = 0;
    std::memcpy(&wide, turned.data(), sizeof wide);
    std::size_t done = 0;
    for (; done + sizeof wide <= data.size(); done += sizeof wide) {
        std::uint64_t word = 0;
        std::memcpy(&word, data.data() + done, sizeof word);
        word ^= wide;
        std::memcpy(data.data() + done, &word, sizeof word);
    }
    for (std::size_t i = 0; done < data.size(); ++done, ++i) {
        data[done] = char(std::uint8_t(data[done]) ^ turned[i]);
    }
}

Mask random_mask() {
    Mask mask;
    while (::getrandom(mask.data(), mask.size(), 0) != ssize_t(mask.size())) {
        if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "getrandom");
        }
    }
    return mask;
}

}  // namespace edo::http::ws::detail
