// SPDX-License-Identifier: MIT
#include "edo/net/http/h2/client_core.hpp"

#include "edo/net/http/error.hpp"
#include "edo/net/http/h2/client_callbacks.hpp"
#include "edo/net/http/h2/nghttp2_handles.hpp"
#include "edo/net/http/h2/request_head.hpp"

#include <algorithm>
#include <nghttp2/nghttp2.h>
#include <utility>
#include <vector>

namespace edo::http::h2::detail {

namespace {

/// What is taken for granted until the server has said how many requests it takes.
constexpr std::size_t kFirstStreams = 1;

}  // namespace

ClientCore::ClientCore(const ClientOptions& options)
    : options_(options),
      session_(ClientCallbacks::open(*this, options)),
      flood_(now()),
      last_received_(now()),
      idle_since_(last_received_) {}

ClientCore::~ClientCore() {
    nghttp2_session_del(session_);
}

// ---- the connection

bool ClientCore::receive(std::span<const std::byte> bytes) {
    bool goes_on = false;
    std::shared_ptr<void> held;
    {
        const std::lock_guard guard(mutex_);
        last_received_ = now();
        const auto taken = nghttp2_session_mem_recv(
            session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        if (taken < 0) {
            is_broken_ = true;
            nghttp2_session_terminate_session(session_, taken == NGHTTP2_ERR_FLOODED
                                                            ? NGHTTP2_ENHANCE_YOUR_CALM
                                                            : NGHTTP2_INTERNAL_ERROR);
        }
        goes_on = taken >= 0;
        held = let_go();
    }
    output_.notify_one();
    return goes_on;
}

std::string ClientCore::send() {
    std::string out;
    const std::lock_guard guard(mutex_);
    has_ended_ = !append_output(*session_, out) || has_ended_;
    return out;
}

bool ClientCore::is_over() {
    const std::lock_guard guard(mutex_);
    return has_ended_ ||
           (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0);
}

void ClientCore::end(std::error_code reason) {
    std::shared_ptr<void> held;
    {
        const std::lock_guard guard(mutex_);
        has_ended_ = true;
        held = let_go();
        if (is_broken_) {
            reason = Errc::ProtocolError;
        }
        for (const auto& [id, stream] : std::exchange(streams_, {})) {
            stream->is_refused = stream->is_refused || !stream->is_sent;
            const bool is_cut = stream->has_head && reason == Errc::ConnectionClosed;
            fail(*stream, is_cut ? make_error_code(Errc::Truncated) : reason);
        }
        settle();
    }
    output_.notify_one();
}

bool ClientCore::ping() {
    {
        const std::lock_guard guard(mutex_);
        if (streams_.empty()) {
            return false;
        }
        nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    }
    output_.notify_one();
    return true;
}

void ClientCore::close() {
    std::shared_ptr<void> held;
    {
        const std::lock_guard guard(mutex_);
        is_retired_ = true;
        held = let_go();
        nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
    }
    closing_.notify_one();
    output_.notify_one();
}

bool ClientCore::charge() {
    if (flood_.take(now())) {
        return true;
    }
    is_broken_ = true;
    nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
    return false;
}

// ---- the streams

ClientStreamPtr ClientCore::find(std::int32_t id) const {
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : found->second;
}

/// Lets nobody wait for it any more. What has come can still be taken.
void ClientCore::fail(ClientStream& stream, std::error_code reason) {
    if (!stream.in_ended && !stream.error) {
        stream.error = reason;
    }
    stream.pending = {};
    stream.is_closed = true;
    stream.news.notify_one();
    stream.room.notify_one();
}

void ClientCore::remove(std::int32_t id) {
    streams_.erase(id);
    settle();
}

void ClientCore::settle() noexcept {
    if (streams_.empty() && reserved_ == 0) {
        idle_since_ = now();
    }
}

bool ClientCore::has_room() const {
    const std::size_t most = has_settings_ ? nghttp2_session_get_remote_settings(
                                                 session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
                                           : kFirstStreams;
    return takes_requests() && streams_.size() + reserved_ < most;
}

bool ClientCore::takes_requests() const noexcept {
    return !is_retired_ && !has_ended_ && !is_broken_;
}

void ClientCore::hold(std::shared_ptr<void> held) {
    const std::lock_guard guard(mutex_);
    held_ = std::move(held);
    held = let_go();
}

std::shared_ptr<void> ClientCore::let_go() noexcept {
    const bool is_known = has_settings_ || !takes_requests();
    return is_known ? std::exchange(held_, nullptr) : nullptr;
}

ClientStreamPtr ClientCore::reserve() {
    auto stream = std::make_shared<ClientStream>(now());
    const std::lock_guard guard(mutex_);
    if (!has_room()) {
        return nullptr;
    }
    ++reserved_;
    return stream;
}

bool ClientCore::is_open() {
    const std::lock_guard guard(mutex_);
    return takes_requests();
}

std::optional<Instant> ClientCore::idle_since() {
    const std::lock_guard guard(mutex_);
    return streams_.empty() && reserved_ == 0 ? std::optional(idle_since_) : std::nullopt;
}

void ClientCore::suspect(Duration silence) {
    std::shared_ptr<void> held;
    const std::lock_guard guard(mutex_);
    is_retired_ = is_retired_ || now() - last_received_ >= silence;
    held = let_go();
}

void ClientCore::drop(const ClientStreamPtr& stream) {
    {
        const std::lock_guard guard(mutex_);
        if (stream->id == 0 && !stream->is_closed) {
            stream->is_closed = true;
            --reserved_;
            settle();
            return;
        }
        stream->is_dropped = true;
        stream->pending = {};
        // The others' window is given back.
        nghttp2_session_consume_connection(session_, std::exchange(stream->in, {}).size());
        if (!stream->is_closed) {
            nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_CANCEL);
        }
    }
    output_.notify_one();
}

}  // namespace edo::http::h2::detail
