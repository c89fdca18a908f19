// SPDX-License-Identifier: MIT
#include "edo/net/http/h2/server_core.hpp"

#include "edo/net/http/error.hpp"
#include "edo/net/http/h2/serve_connection.hpp"
#include "edo/net/http/h2/server_callbacks.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <new>
#include <utility>

namespace edo::http::h2::detail {

namespace {

NewOptions make_options() {
    NewOptions made = new_options();
    nghttp2_option_set_no_auto_window_update(made.get(), 1);
    nghttp2_option_set_max_outbound_ack(made.get(), 200);
    nghttp2_option_set_max_settings(made.get(), 32);
    // Behind our own limit, which has the better word for it.
    nghttp2_option_set_stream_reset_rate_limit(made.get(), 2 * FloodGuard::kBurst,
                                               2 * FloodGuard::kPerSecond);
    return made;
}

/// What the client is told about the error that has ended its connection.
std::uint32_t code_of(std::int64_t error) noexcept {
    constexpr std::int64_t kTooManyContinuations = -905;  // which older headers do not name
    switch (error) {
        case NGHTTP2_ERR_FLOODED:
        case kTooManyContinuations:
            return NGHTTP2_ENHANCE_YOUR_CALM;
        case NGHTTP2_ERR_NOMEM:
        case NGHTTP2_ERR_CALLBACK_FAILURE:
            return NGHTTP2_INTERNAL_ERROR;
        default:
            return NGHTTP2_PROTOCOL_ERROR;
    }
}

}  // namespace

ServerCore::ServerCore(Serving serving)
    : serving_(std::move(serving)),
      look_interval_(std::min(serving_.options().write_timeout, serving_.options().idle_timeout)),
      drain_interval_(std::max<Duration>(serving_.options().body_timeout, std::chrono::seconds(1))),
      flood_(now()),
      idle_since_(now()),
      next_look_(edo::detail::saturating_add(idle_since_, look_interval_)),
      next_drain_look_(edo::detail::saturating_add(idle_since_, drain_interval_)),
      head_deadline_(edo::detail::saturating_add(idle_since_, serving_.options().header_timeout)) {
    const NewOptions options = make_options();
    const NewCallbacks callbacks = make_server_callbacks();
    if (nghttp2_session_server_new2(&session_, callbacks.get(), this, options.get()) != 0) {
        throw std::bad_alloc();
    }
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaxStreams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, std::uint32_t(kStreamWindow)},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, std::uint32_t(kMaxHeaderBytes)},
    };
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                          std::int32_t(kConnectionWindow));
}

ServerCore::~ServerCore() {
    nghttp2_session_del(session_);
}

bool ServerCore::charge() {
    if (flood_.take(now())) {
        return true;
    }
    terminate(NGHTTP2_ENHANCE_YOUR_CALM);
    return false;
}

void ServerCore::terminate(std::uint32_t code) {
    failed_ = failed_ || code != NGHTTP2_NO_ERROR;
    nghttp2_session_terminate_session(session_, code);  // the first one counts
}

void ServerCore::end_head() noexcept {
    is_in_head_ = false;
    head_deadline_ = Instant::max();
}

bool ServerCore::receive(std::span<const std::byte> bytes) {
    bool good = true;
    {
        const std::lock_guard guard(mutex_);
        const auto taken = nghttp2_session_mem_recv(
            session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        if (taken < 0) {
            terminate(code_of(taken));
        } else if (is_in_head_ && head_deadline_ == Instant::max()) {
            head_deadline_ = edo::detail::saturating_add(now(), serving_.options().header_timeout);
        }
        good = !failed_;
    }
    output_.notify_one();
    return good;
}

std::vector<StreamPtr> ServerCore::take_requests() {
    std::vector<StreamPtr> requests;
    {
        const std::lock_guard guard(mutex_);
        requests.swap(fresh_);
        std::erase_if(requests, [](const StreamPtr& stream) { return stream->closed; });
    }
    for (const StreamPtr& stream : requests) {
        Request& request = stream->request;
        request.version = Version::Http2;
        request.peer = serving_.peer();
        request.tls = serving_.tls();
        if (!stream->cookies.empty()) {
            request.headers.append("cookie", stream->cookies);
        }
        if (stream->length.value_or(0) > serving_.options().body_limit) {
            stream->refused = Errc::BodyTooLarge;
        }
    }
    return requests;
}

std::string ServerCore::send() {
    std::string out;
    const std::lock_guard guard(mutex_);
    failed_ = !append_output(*session_, out) || failed_;
    return out;
}

bool ServerCore::is_over() {
    const std::lock_guard guard(mutex_);
    return failed_ ||
           (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0);
}

bool ServerCore::has_failed() {
    const std::lock_guard guard(mutex_);
    return failed_;
}

Instant ServerCore::deadline() {
    const std::lock_guard guard(mutex_);
    // Streams may end while somebody waits for this: then the next look finds the connection idle.
    const Instant next =
        streams_.empty() ? edo::detail::saturating_add(idle_since_, serving_.options().idle_timeout)
                         : std::min(next_look_, next_drain_look_);
    return std::min(next, head_deadline_);
}

bool ServerCore::expire() {
    {
        const std::lock_guard guard(mutex_);
        const Instant current = now();
        if (current >= head_deadline_) {
            terminate(streams_.empty() ? NGHTTP2_NO_ERROR : NGHTTP2_ENHANCE_YOUR_CALM);
            return false;
        }
        if (streams_.empty()) {
            const Duration limit = serving_.options().idle_timeout;
            if (current < edo::detail::saturating_add(idle_since_, limit)) {
                return true;
            }
            terminate(NGHTTP2_NO_ERROR);
            return false;
        }
        if (current >= next_look_) {
            next_look_ = edo::detail::saturating_add(current, look_interval_);
            reset_stalled();
        }
        if (current >= next_drain_look_) {
            next_drain_look_ = edo::detail::saturating_add(current, drain_interval_);
            end_stalled_drains();
        }
    }
    output_.notify_one();
    return true;
}

void ServerCore::reset_stalled() {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(look_interval_).count();
    const std::uint64_t least =
        std::max<std::uint64_t>(1, serving_.options().min_write_rate * std::uint64_t(seconds));
    const bool is_connection_slow = out_total_ - std::exchange(out_at_look_, out_total_) < least;
    const auto has_window = [this](std::int32_t id) {
        return nghttp2_session_get_stream_remote_window_size(session_, id) > 0;
    };
    for (const auto& [id, stream] : streams_) {
        if (stream->out.size() == stream->out_begin) {
            continue;  // the service is awaited, not the client
        }
        const std::uint64_t taken = stream->out_total - stream->out_at_look.value_or(0);
        // Where the connection is busy with others, a stream may have to wait, but not for its
        // own window.
        const bool is_slow = taken < least && (is_connection_slow || !has_window(id));
        if (stream->out_at_look && (taken == 0 || is_slow)) {
            nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
        } else {
            stream->out_at_look = stream->out_total;
        }
    }
}

void ServerCore::begin_drain(ServerStream& stream) {
    if (is_stopping_) {
        end_drain(stream);  // the connection ends with its answers
        return;
    }
    // Whoever has kept the body reads no more of it, as with HTTP/1.1.
    stream.in_dropped = true;
    stream.in_error = Errc::BodyGone;
    stream.in_ready.notify_one();
    nghttp2_session_consume(session_, stream.id, stream.in.size());
    nghttp2_session_consume_stream(session_, stream.id, stream.in_withheld);
    std::string().swap(stream.in);
    stream.in_drained = 0;
}

void ServerCore::drain(ServerStream& stream, std::size_t size) {
    *stream.in_drained += size;
    if (*stream.in_drained > serving_.options().drain_limit) {
        nghttp2_session_consume_connection(session_, size);
        end_drain(stream);
    } else {
        nghttp2_session_consume(session_, stream.id, size);
    }
}

void ServerCore::end_drain(const ServerStream& stream) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_NO_ERROR);
}

void ServerCore::end_stalled_drains() {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(drain_interval_).count();
    const std::uint64_t least =
        std::max<std::uint64_t>(1, serving_.options().min_body_rate * std::uint64_t(seconds));
    for (const auto& [id, stream] : streams_) {
        if (!stream->in_drained) {
            continue;
        }
        if (stream->in_drained_at_look &&
            *stream->in_drained - *stream->in_drained_at_look < least) {
            end_drain(*stream);
        } else {
            stream->in_drained_at_look = stream->in_drained;
        }
    }
}

void ServerCore::stop() {
    {
        const std::lock_guard guard(mutex_);
        is_stopping_ = true;
        for (const auto& [id, stream] : streams_) {
            if (stream->in_drained) {
                end_drain(*stream);
            }
        }
        nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                              nullptr, 0);
    }
    output_.notify_one();
}

void ServerCore::set_handler(ServerStream& stream, AbortHandle handler) {
    const std::lock_guard guard(mutex_);
    if (stream.closed) {
        handler.abort();
    }
    stream.handler = std::move(handler);
}

}  // namespace edo::http::h2::detail
