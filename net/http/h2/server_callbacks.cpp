// SPDX-License-Identifier: MIT
#include "edo/net/http/h2/server_callbacks.hpp"

#include "edo/net/http/error.hpp"
#include "edo/net/http/h2/header_list.hpp"
#include "edo/net/http/h2/serve_connection.hpp"
#include "edo/net/http/h2/server_core.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

namespace edo::http::h2::detail {

namespace {

/// The callbacks must not be left by an exception: nghttp2 is C.
constexpr int kConnectionFails = NGHTTP2_ERR_CALLBACK_FAILURE;
constexpr int kStreamFails = NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;

}  // namespace

struct ServerCallbacks {
    static ServerCore& core_of(void* argument) noexcept {
        return *static_cast<ServerCore*>(argument);
    }
    static ServerStream* stream_of(nghttp2_session* session, std::int32_t id) noexcept {
        return static_cast<ServerStream*>(nghttp2_session_get_stream_user_data(session, id));
    }

    static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame,
                                void* argument) noexcept {
        ServerCore& core = core_of(argument);
        core.is_in_head_ = true;
        if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
            return 0;
        }
        try {
            auto stream = std::make_shared<ServerStream>(frame->hd.stream_id);
            nghttp2_session_set_stream_user_data(session, stream->id, stream.get());
            core.streams_.emplace(stream->id, std::move(stream));
        } catch (const std::bad_alloc&) {
            core.end_head();
            return kStreamFails;
        }
        return 0;
    }

    static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                         const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                         std::size_t value_size, std::uint8_t /*flags*/, void* argument) noexcept {
        ServerStream* const stream = stream_of(session, frame->hd.stream_id);
        if (stream == nullptr) {
            return 0;
        }
        const std::string_view key(reinterpret_cast<const char*>(name), name_size);
        const std::string_view text(reinterpret_cast<const char*>(value), value_size);
        stream->header_bytes += key.size() + text.size() + 32;
        stream->header_count += key.front() == ':' ? 0 : 1;
        if (stream->header_bytes > kMaxHeaderBytes || stream->header_count > kMaxHeaders) {
            // Decoded to the end, for the sake of those that follow, but kept no longer. A few
            // bytes can stand for a thousand times as many, though: see `kMostHeaderBytes`.
            stream->refused = Errc::HeadersTooLarge;
            if (stream->header_bytes > kMostHeaderBytes) {
                core_of(argument).terminate(NGHTTP2_ENHANCE_YOUR_CALM);
                return kConnectionFails;
            }
            return 0;
        }
        try {
            if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
                stream->add_to_head(key, text);
            } else {
                stream->in_trailers.append(key, text);
            }
        } catch (...) {
            core_of(argument).end_head();
            return kStreamFails;
        }
        return 0;
    }

    static int on_frame(nghttp2_session* session, const nghttp2_frame* frame,
                        void* argument) noexcept {
        ServerCore& core = core_of(argument);
        const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        switch (frame->hd.type) {
            case NGHTTP2_SETTINGS:
                core.end_head();  // the first one opens the connection
                return core.charge() ? 0 : kConnectionFails;
            case NGHTTP2_RST_STREAM:
            case NGHTTP2_PING:
            case NGHTTP2_PRIORITY:
                return core.charge() ? 0 : kConnectionFails;
            case NGHTTP2_DATA:
                if (frame->hd.length == frame->data.padlen && !ends && !core.charge()) {
                    return kConnectionFails;
                }
                break;
            case NGHTTP2_HEADERS:
                core.end_head();
                break;
            default:
                return 0;
        }
        ServerStream* const stream = stream_of(session, frame->hd.stream_id);
        if (stream == nullptr) {
            return 0;
        }
        if (ends) {
            stream->in_ended = true;
            stream->in_ready.notify_one();
        }
        if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
            try {
                core.fresh_.push_back(core.streams_.at(stream->id));
            } catch (...) {
                return kConnectionFails;
            }
        }
        return 0;
    }

    /// A frame that ends its stream, or the connection: also work for nothing.
    static int on_invalid_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                                int /*error*/, void* argument) noexcept {
        ServerCore& core = core_of(argument);
        if (frame->hd.type == NGHTTP2_HEADERS) {
            core.end_head();
        }
        return core.charge() ? 0 : kConnectionFails;
    }

    static int on_data(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t id,
                       const std::uint8_t* data, std::size_t size, void* argument) noexcept {
        ServerCore& core = core_of(argument);
        ServerStream* const stream = stream_of(session, id);
        if (stream == nullptr) {
            nghttp2_session_consume(session, id, size);
            return 0;
        }
        if (stream->in_drained) {
            core.drain(*stream, size);
            return 0;
        }
        if (stream->in_dropped) {
            nghttp2_session_consume(session, id, size);
            return 0;
        }
        stream->in_total += size;
        if (stream->in_total > core.serving_.options().body_limit) {
            // The others' window is given back, this one's is not: no more will come of it.
            stream->in_error = Errc::BodyTooLarge;
            stream->in_withheld += size;
            nghttp2_session_consume_connection(session, size);
        } else {
            try {
                stream->in.append(reinterpret_cast<const char*>(data), size);
            } catch (...) {
                return kConnectionFails;
            }
        }
        stream->in_ready.notify_one();
        return 0;
    }

    static int on_close(nghttp2_session* session, std::int32_t id, std::uint32_t /*code*/,
                        void* argument) noexcept {
        ServerCore& core = core_of(argument);
        const auto found = core.streams_.find(id);
        if (found == core.streams_.end()) {
            return 0;
        }
        const StreamPtr stream = std::move(found->second);
        core.streams_.erase(found);
        if (core.streams_.empty()) {
            core.idle_since_ = now();
        }
        nghttp2_session_consume_connection(session, stream->in.size());
        stream->in.clear();
        stream->closed = true;
        if (!stream->in_ended && !stream->in_error) {
            stream->in_error = Errc::StreamReset;
        }
        stream->in_ready.notify_one();
        stream->out_room.notify_one();
        if (!stream->out_ended) {
            stream->handler.abort();  // the client has given it up
        }
        return 0;
    }

    /// Sees an answer that is complete before its request, and nghttp2's own word to a client that
    /// breaks the rules.
    static int on_sent(nghttp2_session* session, const nghttp2_frame* frame,
                       void* argument) noexcept {
        if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
            core_of(argument).failed_ = true;
        }
        const bool may_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
        if (may_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
            ServerStream* const stream = stream_of(session, frame->hd.stream_id);
            if (stream != nullptr && !stream->in_ended) {
                core_of(argument).begin_drain(*stream);
            }
        }
        return 0;
    }

    static ssize_t read_answer(nghttp2_session* session, std::int32_t id, std::uint8_t* to,
                               std::size_t size, std::uint32_t* flags,
                               nghttp2_data_source* /*source*/, void* argument) noexcept {
        ServerStream* const stream = stream_of(session, id);
        if (stream == nullptr) {
            return kStreamFails;
        }
        const std::size_t count = std::min(size, stream->out.size() - stream->out_begin);
        if (count == 0 && !stream->out_ended) {
            return NGHTTP2_ERR_DEFERRED;
        }
        std::memcpy(to, stream->out.data() + stream->out_begin, count);
        stream->out_begin += count;
        stream->out_total += count;
        core_of(argument).out_total_ += count;
        if (stream->out_begin == stream->out.size()) {
            stream->out.clear();
            stream->out_begin = 0;
            stream->out_at_look.reset();
            stream->out_room.notify_one();
            if (stream->out_ended) {
                std::string().swap(stream->out);
                *flags |= NGHTTP2_DATA_FLAG_EOF;
                if (!send_trailers(session, *stream, *flags)) {
                    return kStreamFails;
                }
            }
        }
        return static_cast<ssize_t>(count);
    }

    [[nodiscard]] static bool send_trailers(nghttp2_session* session, const ServerStream& stream,
                                            std::uint32_t& flags) noexcept {
        if (stream.out_trailers.empty()) {
            return true;
        }
        try {
            HeaderList trailers;
            trailers.add_all(stream.out_trailers);
            const auto entries = trailers.entries();
            flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            return nghttp2_submit_trailer(session, stream.id, entries.data(), entries.size()) == 0;
        } catch (...) {
            return false;
        }
    }
};

NewCallbacks make_server_callbacks() {
    using Calls = ServerCallbacks;
    NewCallbacks made = new_callbacks();
    nghttp2_session_callbacks* const all = made.get();
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, &Calls::on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(all, &Calls::on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, &Calls::on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(all, &Calls::on_invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, &Calls::on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, &Calls::on_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, &Calls::on_sent);
    return made;
}

nghttp2_data_provider answer_provider() noexcept {
    nghttp2_data_provider provider{};
    provider.read_callback = &ServerCallbacks::read_answer;
    return provider;
}

}  // namespace edo::http::h2::detail
