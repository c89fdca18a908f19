// SPDX-License-Identifier: MIT
// What the tasks of requests do with the core of their connection.
#include "edo/net/http/error.hpp"
#include "edo/net/http/h2/client_callbacks.hpp"
#include "edo/net/http/h2/client_core.hpp"
#include "edo/net/http/h2/request_head.hpp"

#include <nghttp2/nghttp2.h>
#include <utility>

namespace edo::http::h2::detail {

Result<void> ClientCore::submit(const ClientStreamPtr& stream, const RequestHead& head) {
    const auto entries = head.headers().entries();
    nghttp2_data_provider provider{};
    provider.read_callback = &ClientCallbacks::read_body;
    {
        const std::lock_guard guard(mutex_);
        --reserved_;
        const std::int32_t id =
            takes_requests()
                ? nghttp2_submit_request(session_, nullptr, entries.data(), entries.size(),
                                         head.has_body() ? &provider : nullptr, nullptr)
                : -1;
        if (id < 0) {
            is_retired_ = true;  // the numbers of streams are used up, for example
            stream->is_refused = true;
            fail(*stream, Errc::ShuttingDown);
            settle();
            return failure(stream->error);
        }
        stream->id = id;
        stream->moved = now();
        stream->out_done = !head.has_body();
        streams_.emplace(id, stream);
    }
    output_.notify_one();
    return {};
}

void ClientCore::lend(ClientStream& stream, std::string_view bytes, bool is_last) {
    {
        const std::lock_guard guard(mutex_);
        if (stream.is_closed) {
            return;
        }
        stream.pending = bytes;
        stream.out_ended = is_last;
        nghttp2_session_resume_data(session_, stream.id);
    }
    output_.notify_one();
}

void ClientCore::take_back(ClientStream& stream) {
    const std::lock_guard guard(mutex_);
    stream.pending = {};
    if (!stream.out_done) {
        stream.out_ended = false;  // a part is not to be taken for the whole
    }
}

void ClientCore::finish(ClientStream& stream, const Headers* trailers) {
    {
        const std::lock_guard guard(mutex_);
        if (stream.is_closed) {
            return;
        }
        if (trailers != nullptr) {
            stream.out_trailers = *trailers;
        }
        stream.out_ended = true;
        nghttp2_session_resume_data(session_, stream.id);
    }
    output_.notify_one();
}

bool ClientCore::is_taken(ClientStream& stream) {
    const std::lock_guard guard(mutex_);
    return stream.is_closed || (stream.pending.empty() && stream.out_ended == stream.out_done);
}

bool ClientCore::may_continue(ClientStream& stream) {
    const std::lock_guard guard(mutex_);
    return stream.may_continue || stream.has_head || stream.is_closed || stream.error;
}

bool ClientCore::is_answered_badly(ClientStream& stream) {
    const std::lock_guard guard(mutex_);
    return stream.is_closed || stream.error || (stream.has_head && !is_success(stream.head.status));
}

std::optional<Result<Response>> ClientCore::take_head(ClientStream& stream) {
    const std::lock_guard guard(mutex_);
    if (stream.has_head) {
        return Result<Response>(std::move(stream.head));
    }
    if (stream.error) {
        return Result<Response>(failure(stream.error));
    }
    return std::nullopt;
}

std::optional<Result<std::optional<std::string>>> ClientCore::take(ClientStream& stream) {
    using Piece = std::optional<std::string>;
    Piece piece;
    {
        const std::lock_guard guard(mutex_);
        if (stream.in.empty()) {
            if (stream.in_ended) {
                return Result<Piece>(Piece());
            }
            if (stream.error) {
                return Result<Piece>(failure(stream.error));
            }
            return std::nullopt;
        }
        piece = std::exchange(stream.in, {});
        if (stream.length) {
            *stream.length -= std::min<std::uint64_t>(*stream.length, piece->size());
        }
        nghttp2_session_consume(session_, stream.id, piece->size());
    }
    output_.notify_one();
    return Result<Piece>(std::move(piece));
}

bool ClientCore::is_done(ClientStream& stream) {
    const std::lock_guard guard(mutex_);
    return stream.in_ended && stream.in.empty();
}

std::optional<std::uint64_t> ClientCore::size(ClientStream& stream) {
    const std::lock_guard guard(mutex_);
    return stream.in_ended ? stream.in.size() : stream.length;
}

bool ClientCore::has_received(ClientStream& stream) {
    const std::lock_guard guard(mutex_);
    // All errors of HTTP but one are about what has come.
    const bool is_lost = !stream.error || stream.error.category() != error_category() ||
                         stream.error == Errc::ConnectionClosed;
    return stream.has_head || stream.may_continue || !is_lost;
}

bool ClientCore::is_refused(ClientStream& stream) {
    const std::lock_guard guard(mutex_);
    return stream.is_refused;
}

bool ClientCore::wants_http1(ClientStream& stream) {
    const std::lock_guard guard(mutex_);
    return stream.wants_http1;
}

bool ClientCore::is_open(ClientStream& stream) {
    const std::lock_guard guard(mutex_);
    return !stream.is_closed;
}

Instant ClientCore::last_moved(ClientStream& stream) {
    const std::lock_guard guard(mutex_);
    return stream.moved;
}

}  // namespace edo::http::h2::detail
