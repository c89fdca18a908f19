// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace edo::net {

/// The address of a Unix socket: a path, a name in Linux' abstract namespace, or nothing at all.
///
/// Sockets that are made in pairs, or that connect without a `bind`, are unnamed.
///
/// @par Example
/// @snippet unix_sockets.cpp address
class UnixAddr {
public:
    /// The longest path or abstract name, in bytes.
    static constexpr std::size_t kLongest = 107;

    /// The unnamed address.
    UnixAddr() = default;

    /// A file, which `bind` creates, and which stays until somebody removes it.
    ///
    /// @par Errors
    /// - `std::errc::filename_too_long`: more than `kLongest` bytes.
    /// - `std::errc::invalid_argument`: empty, or with a zero byte in it.
    [[nodiscard]] static AddressResult<UnixAddr> from_path(std::string_view path);

    /// A name that is no file, and is free again once its socket is closed. Any bytes; everybody in
    /// the same network namespace may connect to it.
    ///
    /// @par Errors
    /// - `std::errc::filename_too_long`: more than `kLongest` bytes.
    /// - `std::errc::invalid_argument`: empty.
    [[nodiscard]] static AddressResult<UnixAddr> from_abstract_name(std::string_view name);

    [[nodiscard]] bool is_unnamed() const noexcept { return kind_ == Kind::Unnamed; }
    /// The path, if it is one.
    [[nodiscard]] std::optional<std::string_view> path() const noexcept {
        return kind_ == Kind::Path ? std::optional<std::string_view>(name_) : std::nullopt;
    }
    /// The abstract name, if it is one; without the zero byte in front.
    [[nodiscard]] std::optional<std::string_view> abstract_name() const noexcept {
        return kind_ == Kind::Abstract ? std::optional<std::string_view>(name_) : std::nullopt;
    }

    /// For people: the path, "@name" for an abstract name (with '?' for what cannot be printed), or
    /// "(unnamed)".
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const UnixAddr&, const UnixAddr&) = default;

private:
    enum class Kind : std::uint8_t { Unnamed, Path, Abstract };
    UnixAddr(Kind kind, std::string_view name) : kind_(kind), name_(name) {}
    [[nodiscard]] static AddressResult<UnixAddr> checked(Kind kind, std::string_view name);

    Kind kind_ = Kind::Unnamed;
    std::string name_;
};

}  // namespace edo::net
