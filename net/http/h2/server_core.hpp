// SPDX-License-Identifier: MIT
// HTTP/2 on nghttp2, the server's side without a network: bytes in, requests out, answers in, bytes
// out.
//
// An nghttp2 session is not safe for threads, and is used by the task of the connection and by
// those of its requests, which run on all workers: all of it happens under one mutex, which is
// never held across a suspension.
#pragma once

#include "edo/net/http/h2/flood_guard.hpp"
#include "edo/net/http/h2/server_stream.hpp"
#include "edo/net/http/response.hpp"
#include "edo/net/http/server/serving.hpp"
#include "edo/runtime/sync/notify.hpp"
#include "edo/runtime/time/instant.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

struct nghttp2_session;

namespace edo::http::h2::detail {

struct ServerCallbacks;

class ServerCore : public std::enable_shared_from_this<ServerCore> {
public:
    explicit ServerCore(Serving serving);
    ServerCore(const ServerCore&) = delete;
    ServerCore& operator=(const ServerCore&) = delete;
    ~ServerCore();

    // ---- for the task of the connection

    /// Takes bytes of the client. False when it has broken the rules: send what there is, and end.
    [[nodiscard]] bool receive(std::span<const std::byte> bytes);
    /// The requests that have come since.
    [[nodiscard]] std::vector<StreamPtr> take_requests();
    /// What is to be sent next; empty if nothing is.
    [[nodiscard]] std::string send();
    /// Whether all is said and done.
    [[nodiscard]] bool is_over();
    /// Whether the client has broken the rules.
    [[nodiscard]] bool has_failed();
    /// When to call `expire`, if nothing is received before.
    [[nodiscard]] Instant deadline();
    /// Ends what has waited for the client for too long. False if that is the connection.
    [[nodiscard]] bool expire();
    /// Takes no more requests, and says so.
    void stop();
    /// Notified when there may be something to send, or all is over.
    [[nodiscard]] sync::Notify& output() noexcept { return output_; }
    /// The task that serves `stream`. Aborts it if the client has given up already.
    void set_handler(ServerStream& stream, AbortHandle handler);
    [[nodiscard]] const Serving& serving() const noexcept { return serving_; }

    // ---- for the tasks of requests

    /// Calls the service, and sends its answer.
    [[nodiscard]] static Task<void> serve(std::shared_ptr<ServerCore> core, StreamPtr stream);

    /// What has come of a body; nothing when there is nothing yet.
    [[nodiscard]] std::optional<Result<std::optional<std::string>>> take(ServerStream& stream);
    /// Nobody wants the rest of a body.
    void drop_body(ServerStream& stream);

private:
    friend struct ServerCallbacks;

    [[nodiscard]] static Task<void> send_body(ServerCore& core, ServerStream& stream, Body body);
    /// Sends the head of an answer, and a body that is text. Whether another body is to follow.
    [[nodiscard]] bool submit(ServerStream& stream, Response& response);
    /// Whether there is room for more of an answer.
    [[nodiscard]] bool add(ServerStream& stream, std::string piece);
    [[nodiscard]] bool has_room(ServerStream& stream);
    void finish(ServerStream& stream, const Headers* trailers);
    void reset(ServerStream& stream, std::uint32_t code);

    // With the lock.

    /// Counts work for nothing. False when there was too much of it, which the client is told.
    [[nodiscard]] bool charge();
    /// Says why the connection ends.
    void terminate(std::uint32_t code);
    /// A head is complete.
    void end_head() noexcept;
    /// Gives up streams of which the client has taken nothing, or next to nothing, since the last
    /// look at them.
    void reset_stalled();
    /// An answer is complete before its request: the rest of that is taken and dropped, within
    /// limits.
    void begin_drain(ServerStream& stream);
    /// Drops bytes of a request whose answer is complete.
    void drain(ServerStream& stream, std::size_t size);
    /// The rest of a request is not wanted; its answer is complete.
    void end_drain(const ServerStream& stream);
    /// Ends the drains of which nothing, or next to nothing, has come since the last look at them.
    void end_stalled_drains();

    const Serving serving_;
    const Duration look_interval_;   // at what answers are waiting for
    const Duration drain_interval_;  // the same for bodies that nobody wants
    sync::Notify output_;

    std::mutex mutex_;  // guards all below
    nghttp2_session* session_ = nullptr;
    std::unordered_map<std::int32_t, StreamPtr> streams_;
    std::vector<StreamPtr> fresh_;
    std::uint64_t out_total_ = 0;    // of all answers, what the client has taken
    std::uint64_t out_at_look_ = 0;  // the same at the last look
    FloodGuard flood_;
    Instant idle_since_;  // where there are no streams
    Instant next_look_;   // where there are some
    Instant next_drain_look_;
    Instant head_deadline_;  // of a head that is not complete; at first, of the client's settings
    bool is_in_head_ = true;
    bool is_stopping_ = false;
    bool failed_ = false;  // the client has broken the rules, or nghttp2 has failed
};

}  // namespace edo::http::h2::detail
