// SPDX-License-Identifier: MIT
// What nghttp2's functions make, with an owner, and what both sides do with a session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <nghttp2/nghttp2.h>
#include <string>

namespace edo::http::h2::detail {

template <auto Free>
struct FreeWith {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

using NewCallbacks =
    std::unique_ptr<nghttp2_session_callbacks, FreeWith<&nghttp2_session_callbacks_del>>;
using NewOptions = std::unique_ptr<nghttp2_option, FreeWith<&nghttp2_option_del>>;

[[nodiscard]] inline NewCallbacks new_callbacks() {
    nghttp2_session_callbacks* made = nullptr;
    if (nghttp2_session_callbacks_new(&made) != 0) {
        throw std::bad_alloc();
    }
    return NewCallbacks(made);
}

[[nodiscard]] inline NewOptions new_options() {
    nghttp2_option* made = nullptr;
    if (nghttp2_option_new(&made) != 0) {
        throw std::bad_alloc();
    }
    return NewOptions(made);
}

/// Appends what is to be sent next, as much as is worth a write. False when the session has failed.
[[nodiscard]] inline bool append_output(nghttp2_session& session, std::string& out) {
    constexpr std::size_t kEnough = std::size_t{32} * 1024;
    while (out.size() < kEnough) {
        const std::uint8_t* data = nullptr;
        const auto count = nghttp2_session_mem_send(&session, &data);
        if (count <= 0) {
            return count == 0;
        }
        out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(count));
    }
    return true;
}

}  // namespace edo::http::h2::detail
