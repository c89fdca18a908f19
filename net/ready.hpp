// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

namespace edo::net {

/// What to wait for at a descriptor: one thing or several, put together with `|`.
///
/// @par Example
/// @snippet async_fd.cpp interest
class Interest {
public:
    /// A read would not block.
    static const Interest Readable;
    /// A write would not block.
    static const Interest Writable;
    /// The two of them.
    static const Interest Both;
    /// Something that goes before other data: urgent data of TCP, a change of a GPIO line, a
    /// device's event.
    static const Interest Priority;
    /// The descriptor has an error.
    static const Interest Error;

    [[nodiscard]] constexpr bool is_readable() const noexcept { return has(kReadable); }
    [[nodiscard]] constexpr bool is_writable() const noexcept { return has(kWritable); }
    [[nodiscard]] constexpr bool is_priority() const noexcept { return has(kPriority); }
    [[nodiscard]] constexpr bool is_error() const noexcept { return has(kError); }

    /// Both, as `|` does.
    [[nodiscard]] constexpr Interest add(Interest other) const noexcept {
        return Interest(std::uint8_t(bits_ | other.bits_));
    }
    /// This without the other, unless nothing is left.
    [[nodiscard]] constexpr std::optional<Interest> remove(Interest other) const noexcept {
        const auto left = std::uint8_t(bits_ & ~other.bits_);
        return left != 0 ? std::optional<Interest>(Interest(left)) : std::nullopt;
    }

    friend constexpr Interest operator|(Interest a, Interest b) noexcept { return a.add(b); }
    friend constexpr bool operator==(Interest, Interest) noexcept = default;

private:
    explicit constexpr Interest(std::uint8_t bits) noexcept : bits_(bits) {}
    [[nodiscard]] constexpr bool has(std::uint8_t bit) const noexcept { return (bits_ & bit) != 0; }

    // g++ 12 does not take the members above for constants inside of the class.
    static constexpr std::uint8_t kReadable = 1;
    static constexpr std::uint8_t kWritable = 2;
    static constexpr std::uint8_t kPriority = 4;
    static constexpr std::uint8_t kError = 8;

    std::uint8_t bits_;
};

inline constexpr Interest Interest::Readable{Interest::kReadable};
inline constexpr Interest Interest::Writable{Interest::kWritable};
inline constexpr Interest Interest::Both{Interest::kReadable | Interest::kWritable};
inline constexpr Interest Interest::Priority{Interest::kPriority};
inline constexpr Interest Interest::Error{Interest::kError};

/// What a wait for readiness has found.
class Ready {
public:
    static const Ready Empty;
    static const Ready Readable;
    static const Ready Writable;
    /// The peer sends nothing more; a read yields what is left, then the end or an error.
    static const Ready ReadClosed;
    /// The peer takes nothing any more; a write yields an error.
    static const Ready WriteClosed;
    static const Ready Priority;
    static const Ready Error;
    static const Ready All;

    /// Nothing.
    constexpr Ready() noexcept = default;

    [[nodiscard]] constexpr bool is_empty() const noexcept { return bits_ == 0; }
    /// Whether a read would not block; so it is too when the peer has closed.
    [[nodiscard]] constexpr bool is_readable() const noexcept {
        return has(kReadable) || has(kReadClosed);
    }
    /// Whether a write would not block; so it is too when the peer has closed.
    [[nodiscard]] constexpr bool is_writable() const noexcept {
        return has(kWritable) || has(kWriteClosed);
    }
    [[nodiscard]] constexpr bool is_read_closed() const noexcept { return has(kReadClosed); }
    [[nodiscard]] constexpr bool is_write_closed() const noexcept { return has(kWriteClosed); }
    [[nodiscard]] constexpr bool is_priority() const noexcept { return has(kPriority); }
    [[nodiscard]] constexpr bool is_error() const noexcept { return has(kError); }

    friend constexpr Ready operator|(Ready a, Ready b) noexcept {
        return Ready(std::uint8_t(a.bits_ | b.bits_));
    }
    friend constexpr Ready operator&(Ready a, Ready b) noexcept {
        return Ready(std::uint8_t(a.bits_ & b.bits_));
    }
    /// What is in the first and not in the second.
    friend constexpr Ready operator-(Ready a, Ready b) noexcept {
        return Ready(std::uint8_t(a.bits_ & ~b.bits_));
    }
    friend constexpr bool operator==(Ready, Ready) noexcept = default;

private:
    explicit constexpr Ready(std::uint8_t bits) noexcept : bits_(bits) {}
    [[nodiscard]] constexpr bool has(std::uint8_t bit) const noexcept { return (bits_ & bit) != 0; }

    static constexpr std::uint8_t kReadable = 1;
    static constexpr std::uint8_t kWritable = 2;
    static constexpr std::uint8_t kReadClosed = 4;
    static constexpr std::uint8_t kWriteClosed = 8;
    static constexpr std::uint8_t kPriority = 16;
    static constexpr std::uint8_t kError = 32;
    static constexpr std::uint8_t kAll = 63;

    std::uint8_t bits_ = 0;
};

inline constexpr Ready Ready::Empty{};
inline constexpr Ready Ready::Readable{Ready::kReadable};
inline constexpr Ready Ready::Writable{Ready::kWritable};
inline constexpr Ready Ready::ReadClosed{Ready::kReadClosed};
inline constexpr Ready Ready::WriteClosed{Ready::kWriteClosed};
inline constexpr Ready Ready::Priority{Ready::kPriority};
inline constexpr Ready Ready::Error{Ready::kError};
inline constexpr Ready Ready::All{Ready::kAll};

}  // namespace edo::net
