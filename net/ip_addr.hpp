// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

namespace edo::net {

/// An IPv4 or IPv6 address: a small value.
///
/// Addresses are ordered, all IPv4 addresses before all IPv6 ones, and can be keys of hash maps. An
/// IPv6 address may carry the scope of a link-local address (the number of a network interface).
class IpAddr {
public:
    using V4Bytes = std::array<std::uint8_t, 4>;
    using V6Bytes = std::array<std::uint8_t, 16>;

    /// 0.0.0.0
    constexpr IpAddr() noexcept = default;
    /// An address from its bytes, in the order in which they are written.
    constexpr explicit IpAddr(const V4Bytes& bytes) noexcept {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            bytes_[i] = bytes[i];
        }
    }
    constexpr explicit IpAddr(const V6Bytes& bytes, std::uint32_t scope_id = 0) noexcept
        : bytes_(bytes), scope_id_(scope_id), v6_(true) {}

    /// The address a.b.c.d.
    [[nodiscard]] static constexpr IpAddr v4(std::uint8_t a, std::uint8_t b, std::uint8_t c,
                                             std::uint8_t d) noexcept {
        return IpAddr(V4Bytes{a, b, c, d});
    }
    /// 127.0.0.1
    [[nodiscard]] static constexpr IpAddr localhost_v4() noexcept { return v4(127, 0, 0, 1); }
    /// ::1
    [[nodiscard]] static constexpr IpAddr localhost_v6() noexcept {
        return IpAddr(V6Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
    }
    /// 0.0.0.0: to listen on all IPv4 addresses of the machine.
    [[nodiscard]] static constexpr IpAddr unspecified_v4() noexcept { return {}; }
    /// `::`: to listen on all addresses of the machine.
    [[nodiscard]] static constexpr IpAddr unspecified_v6() noexcept { return IpAddr(V6Bytes{}); }

    /// Reads "127.0.0.1", "::1" or "fe80::1%eth0". Names are not looked up: see `lookup_host`.
    ///
    /// @par Errors
    /// `std::errc::invalid_argument`: the text is not an address.
    [[nodiscard]] static Result<IpAddr> parse(std::string_view text);

    [[nodiscard]] constexpr bool is_v4() const noexcept { return !v6_; }
    [[nodiscard]] constexpr bool is_v6() const noexcept { return v6_; }
    /// Whether it is in 127.0.0.0/8, or ::1.
    [[nodiscard]] bool is_loopback() const noexcept;
    /// Whether it is 0.0.0.0 or `::`.
    [[nodiscard]] bool is_unspecified() const noexcept;
    /// Whether it is in 224.0.0.0/4 or ff00::/8.
    [[nodiscard]] bool is_multicast() const noexcept;

    /// The 4 or 16 bytes, in the order in which they are written.
    [[nodiscard]] constexpr std::span<const std::uint8_t> bytes() const noexcept {
        return std::span<const std::uint8_t>(bytes_).first(v6_ ? 16 : 4);
    }
    /// The number of the network interface of a link-local IPv6 address; 0 if it has none.
    [[nodiscard]] constexpr std::uint32_t scope_id() const noexcept { return scope_id_; }

    /// The usual notation, for example "127.0.0.1" or "fe80::1%2".
    [[nodiscard]] std::string to_string() const;

    friend constexpr bool operator==(const IpAddr&, const IpAddr&) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(const IpAddr& a, const IpAddr& b) noexcept {
        if (a.v6_ != b.v6_) {
            return a.v6_ ? std::strong_ordering::greater : std::strong_ordering::less;
        }
        const auto bytes = a.bytes_ <=> b.bytes_;
        return bytes != 0 ? bytes : a.scope_id_ <=> b.scope_id_;
    }
    friend std::ostream& operator<<(std::ostream& out, const IpAddr& address);

private:
    V6Bytes bytes_{};  // an IPv4 address uses the first four, the others are 0
    std::uint32_t scope_id_ = 0;
    bool v6_ = false;
};

}  // namespace edo::net

template <>
struct std::hash<edo::net::IpAddr> {
    [[nodiscard]] std::size_t operator()(const edo::net::IpAddr& address) const noexcept;
};
