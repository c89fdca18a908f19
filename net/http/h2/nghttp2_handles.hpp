// SPDX-License-Identifier: MIT
// What nghttp2's functions make, with an owner.
#pragma once

#include <memory>
#include <new>
#include <nghttp2/nghttp2.h>

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

}  // namespace edo::http::h2::detail
