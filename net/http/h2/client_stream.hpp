// SPDX-License-Identifier: MIT
// One request and its answer on a client's connection of HTTP/2.
#pragma once

#include "edo/net/http/headers.hpp"
#include "edo/net/http/response.hpp"
#include "edo/runtime/sync/notify.hpp"
#include "edo/runtime/time/instant.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace edo::http::h2::detail {

/// Used by the task of the connection and by the one that asks. All is guarded by the mutex of the
/// `ClientCore`, but for the notifications.
struct ClientStream {
    explicit ClientStream(Instant start) noexcept : moved(start) {}

    std::int32_t id = 0;  // 0 as long as the request was not submitted
    Instant moved;        // when something was sent or received last

    // The head of the answer.
    Response head;
    std::size_t header_bytes = 0;
    std::size_t header_count = 0;
    std::optional<std::uint64_t> length;
    bool may_continue = false;  // 100 has come
    bool has_head = false;      // the final one, all of it

    // Its body.
    std::string in;  // what nobody has taken yet
    bool in_ended = false;
    Headers trailers;
    sync::Notify news;  // of the head, the body, or an error

    // The body of the request.
    std::string_view pending;  // lent by the task that asks
    bool out_ended = false;    // nothing follows what is pending
    bool out_done = false;     // all of it was taken
    Headers out_trailers;
    sync::Notify room;  // `pending` was taken, or will not be

    bool is_sent = false;      // the head of the request was
    bool is_closed = false;    // nothing will come or go any more
    bool is_dropped = false;   // nobody waits for the answer any more
    bool is_refused = false;   // the server has certainly not looked at it
    bool wants_http1 = false;  // the server does, for this request
    std::error_code error;
};

using ClientStreamPtr = std::shared_ptr<ClientStream>;

}  // namespace edo::http::h2::detail
