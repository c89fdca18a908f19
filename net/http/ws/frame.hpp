// SPDX-License-Identifier: MIT
// The frames of RFC 6455, section 5: heads and masks.
#pragma once

#include "edo/net/http/ws/error.hpp"
#include "edo/runtime/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace edo::http::ws {

/// Which side of a connection. Frames of clients are masked, those of servers are not.
enum class Role : std::uint8_t { Server, Client };

}  // namespace edo::http::ws

namespace edo::http::ws::detail {

enum class Opcode : std::uint8_t {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
};

[[nodiscard]] constexpr bool is_control(Opcode opcode) noexcept {
    return (std::uint8_t(opcode) & 8U) != 0;
}

inline constexpr std::size_t kLargestControlFrame = 125;

using Mask = std::array<std::uint8_t, 4>;

struct FrameHead {
    Opcode opcode = Opcode::Continuation;
    bool is_final = true;
    std::optional<Mask> mask;
    std::uint64_t size = 0;  // of the content that follows

    static constexpr std::size_t kLargest = 14;
    /// The size of the head itself.
    [[nodiscard]] std::size_t head_size() const noexcept;
};

/// The head at the front of what a peer has sent, or nothing if not all of it is there. What can be
/// refused is refused with the first byte that shows it.
/// @param sender Whose frames these are.
/// Errors: `Errc::Protocol`.
[[nodiscard]] Result<std::optional<FrameHead>> decode_head(std::span<const std::byte> bytes,
                                                           Role sender);

/// Appends the bytes of a head.
void append_head(std::string& to, const FrameHead& head);

/// Masks content, or unmasks it, which is the same.
/// @param offset Where in the frame's content the data begin.
void apply_mask(std::span<char> data, const Mask& mask, std::uint64_t offset) noexcept;

/// A mask that nobody can guess. @throws std::system_error if the system has no random numbers.
[[nodiscard]] Mask random_mask();

}  // namespace edo::http::ws::detail
