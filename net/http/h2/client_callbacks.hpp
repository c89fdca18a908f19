// SPDX-License-Identifier: MIT
// What nghttp2 calls on a client's connection. Exceptions must not pass through it.
#pragma once

#include "edo/net/http/h2/client_core.hpp"

#include <cstddef>
#include <cstdint>
#include <nghttp2/nghttp2.h>
#include <string_view>

namespace edo::http::h2::detail {

struct ClientCallbacks {
    static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame,
                                void* core) noexcept;
    static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                         const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                         std::size_t value_size, std::uint8_t flags, void* core) noexcept;
    static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* core) noexcept;
    static int on_invalid_frame(nghttp2_session* session, const nghttp2_frame* frame, int error,
                                void* core) noexcept;
    static int on_data(nghttp2_session* session, std::uint8_t flags, std::int32_t id,
                       const std::uint8_t* data, std::size_t size, void* core) noexcept;
    static int on_sent(nghttp2_session* session, const nghttp2_frame* frame, void* core) noexcept;
    static int on_not_sent(nghttp2_session* session, const nghttp2_frame* frame, int error,
                           void* core) noexcept;
    static int on_close(nghttp2_session* session, std::int32_t id, std::uint32_t code,
                        void* core) noexcept;
    /// Yields bytes of a request's body.
    static ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* to,
                             std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                             void* core) noexcept;

    /// A session with these callbacks, and what is said first.
    [[nodiscard]] static nghttp2_session* open(ClientCore& core, const ClientOptions& options);

private:
    [[nodiscard]] static ClientCore& core_of(void* core) noexcept;
    static void add_to_head(ClientStream& stream, std::string_view name, std::string_view value);
    [[nodiscard]] static int on_head(ClientCore& core, ClientStream& stream, bool ends) noexcept;
};

}  // namespace edo::http::h2::detail
