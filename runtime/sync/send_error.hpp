// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <utility>

namespace edo::sync {

/// Why a channel did not take a value: nobody will ever receive it. The value comes back in it.
///
/// @par Example
/// @snippet channels.cpp send_error
template <class T>
class SendError {
public:
    explicit SendError(T returned) noexcept(noexcept(T(std::move(returned))))
        : value(std::move(returned)) {}

    [[nodiscard]] static std::string_view message() noexcept {
        return "the channel is closed: nobody will receive the value";
    }

    T value;  ///< what was to be sent
};

/// Why there is no room to be had in a channel: nobody will ever receive from it.
class ClosedError {
public:
    ClosedError() noexcept = default;

    [[nodiscard]] static std::string_view message() noexcept { return "the channel is closed"; }
};

}  // namespace edo::sync
