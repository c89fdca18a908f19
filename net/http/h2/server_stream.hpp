// SPDX-License-Identifier: MIT
// One request and its answer on a connection of HTTP/2.
//
// It is used by the task of the connection and by the one that serves the request. All is guarded
// by the mutex of the `ServerCore`, but for the notifications, and `request`, which is handed over
// from the one task to the other.
#pragma once

#include "edo/net/http/body.hpp"
#include "edo/net/http/error.hpp"
#include "edo/net/http/headers.hpp"
#include "edo/net/http/request.hpp"
#include "edo/net/http/server/pace.hpp"
#include "edo/runtime/abort_handle.hpp"
#include "edo/runtime/sync/notify.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace edo::http::h2::detail {

class ServerCore;

struct ServerStream {
    explicit ServerStream(std::int32_t stream_id) noexcept : id(stream_id) {}

    /// Takes a header of the request's head.
    void add_to_head(std::string_view name, std::string_view value);

    const std::int32_t id;

    // The head of the request.
    Request request;
    std::size_t header_bytes = 0;
    std::size_t header_count = 0;
    std::string cookies;          // of several headers, joined
    std::optional<Errc> refused;  // why; the answer says it, in place of the service's
    std::optional<std::uint64_t> length;

    // Its body.
    std::string in;  // what the service has not taken yet
    std::uint64_t in_total = 0;
    std::size_t in_withheld = 0;  // beyond the limit: not kept, and its window not given back
    bool in_ended = false;
    bool in_dropped = false;  // the service does not want it
    // What of it has been dropped since the answer was complete; nothing before that.
    std::optional<std::uint64_t> in_drained;
    std::optional<std::uint64_t> in_drained_at_look;  // the same at the last look
    std::error_code in_error;
    Headers in_trailers;
    sync::Notify in_ready;

    // The body of the answer.
    std::string out;  // what the client has not taken yet
    std::size_t out_begin = 0;
    std::uint64_t out_total = 0;  // what the client has taken
    // The same at the last look, if something was left then, and has been ever since.
    std::optional<std::uint64_t> out_at_look;
    bool out_ended = false;
    Headers out_trailers;
    sync::Notify out_room;

    bool closed = false;
    AbortHandle handler;
};

using StreamPtr = std::shared_ptr<ServerStream>;

/// The body of a request.
class RequestBody final : public BodySource {
public:
    RequestBody(std::shared_ptr<ServerCore> core, StreamPtr stream) noexcept;
    ~RequestBody() override;

    [[nodiscard]] Task<Result<std::optional<std::string>>> next() override;
    [[nodiscard]] std::optional<std::uint64_t> size() const override;
    [[nodiscard]] const Headers* trailers() const override;

private:
    std::shared_ptr<ServerCore> core_;
    StreamPtr stream_;
    http::detail::Pace pace_;
    std::uint64_t taken_ = 0;
    bool is_over_ = false;
};

}  // namespace edo::http::h2::detail
