// SPDX-License-Identifier: MIT
// HTTP/2 on nghttp2, the client's side without a network: requests in, bytes out, bytes in, answers
// out.
//
// An nghttp2 session is not safe for threads, and is used by the task of the connection and by
// those of the requests: all of it happens under one mutex, which is never held across a
// suspension. nghttp2 calls back (`ClientCallbacks`) only from within `receive` and `send`.
#pragma once

#include "edo/net/http/h2/client_options.hpp"
#include "edo/net/http/h2/client_stream.hpp"
#include "edo/net/http/h2/flood_guard.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/notify.hpp"
#include "edo/runtime/time/instant.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

struct nghttp2_session;

namespace edo::http::h2::detail {

class RequestHead;
struct ClientCallbacks;

class ClientCore {
public:
    explicit ClientCore(const ClientOptions& options);
    ClientCore(const ClientCore&) = delete;
    ClientCore& operator=(const ClientCore&) = delete;
    ~ClientCore();

    // ---- for the task of the connection

    /// Takes bytes of the server. False when it has broken the rules: send what there is, and end.
    [[nodiscard]] bool receive(std::span<const std::byte> bytes);
    /// What is to be sent next; empty if nothing is.
    [[nodiscard]] std::string send();
    /// Whether all is said and done.
    [[nodiscard]] bool is_over();
    /// The connection is of no use any more: all requests fail.
    void end(std::error_code reason);
    /// Asks the server whether it is there, if it owes an answer; false if not.
    [[nodiscard]] bool ping();
    /// Notified when there may be something to send, or all is over.
    [[nodiscard]] sync::Notify& output() noexcept { return output_; }
    /// Notified by `close`.
    [[nodiscard]] sync::Notify& closing() noexcept { return closing_; }

    // ---- for the owner of the connection

    /// Says goodbye. No request may be in progress.
    void close();
    /// Keeps something until it is known how many requests the server takes, or that it takes none.
    void hold(std::shared_ptr<void> held);
    /// A place for one more request; null if the server takes no more at the same time, or none at
    /// all.
    [[nodiscard]] ClientStreamPtr reserve();
    /// Whether requests may still be made, now or later.
    [[nodiscard]] bool is_open();
    /// Since when no request has been in progress; nothing while one is.
    [[nodiscard]] std::optional<Instant> idle_since();

    // ---- for the tasks of requests

    /// Sends the head of a request. `ShuttingDown` if that cannot be: the stream is refused then.
    [[nodiscard]] Result<void> submit(const ClientStreamPtr& stream, const RequestHead& head);
    /// Lends bytes of the body, which stay where they are until they are taken or `take_back`.
    /// @param is_last Nothing follows them.
    void lend(ClientStream& stream, std::string_view bytes, bool is_last);
    /// What was lent and not taken yet is not sent, nor anything after it.
    void take_back(ClientStream& stream);
    /// Ends the body.
    void finish(ClientStream& stream, const Headers* trailers);
    /// Whether all that was lent was taken, or will never be.
    [[nodiscard]] bool is_taken(ClientStream& stream);

    /// Whether the body may be sent now, or there is an answer or an error already.
    [[nodiscard]] bool may_continue(ClientStream& stream);
    /// Whether there is an answer that is no success, or an error.
    [[nodiscard]] bool is_answered_badly(ClientStream& stream);
    /// The head of the answer; nothing as long as there is neither that nor an error.
    [[nodiscard]] std::optional<Result<Response>> take_head(ClientStream& stream);
    /// What has come of its body; nothing when there is nothing yet.
    [[nodiscard]] std::optional<Result<std::optional<std::string>>> take(ClientStream& stream);
    /// Whether the body has been taken to its end.
    [[nodiscard]] bool is_done(ClientStream& stream);
    /// How much of it is left, if that is known.
    [[nodiscard]] std::optional<std::uint64_t> size(ClientStream& stream);
    /// Whether any of the answer has come; whether the request was certainly not looked at; whether
    /// it is to be made in HTTP/1.1; whether neither side has ended it.
    [[nodiscard]] bool has_received(ClientStream& stream);
    [[nodiscard]] bool is_refused(ClientStream& stream);
    [[nodiscard]] bool wants_http1(ClientStream& stream);
    [[nodiscard]] bool is_open(ClientStream& stream);
    /// When something was sent or received last.
    [[nodiscard]] Instant last_moved(ClientStream& stream);
    /// It has taken too long. If nothing at all has come meanwhile, no more requests are made.
    void suspect(Duration silence);
    /// Nobody wants the rest: tells the server so.
    void drop(const ClientStreamPtr& stream);

private:
    friend struct ClientCallbacks;

    [[nodiscard]] ClientStreamPtr find(std::int32_t id) const;
    /// The stream is over.
    void remove(std::int32_t id);
    void fail(ClientStream& stream, std::error_code reason);
    void settle() noexcept;
    [[nodiscard]] bool charge();
    [[nodiscard]] bool has_room() const;
    [[nodiscard]] bool takes_requests() const noexcept;
    /// What was held, if it is known by now; to be let go without the lock.
    [[nodiscard]] std::shared_ptr<void> let_go() noexcept;

    const ClientOptions options_;
    sync::Notify output_;
    sync::Notify closing_;

    std::mutex mutex_;
    nghttp2_session* session_ = nullptr;
    std::unordered_map<std::int32_t, ClientStreamPtr> streams_;
    std::shared_ptr<void> held_;
    std::size_t reserved_ = 0;  // places that were taken, and not used yet
    FloodGuard flood_;
    Instant last_received_;
    Instant idle_since_;         // while there is no stream
    bool has_settings_ = false;  // the server has said how many requests it takes
    bool is_retired_ = false;    // no more requests
    bool is_broken_ = false;     // the server has broken the rules
    bool has_ended_ = false;
};

}  // namespace edo::http::h2::detail
