// SPDX-License-Identifier: MIT
#include "edo/net/http/h2/client_callbacks.hpp"

#include "edo/net/http/error.hpp"
#include "edo/net/http/h2/header_list.hpp"
#include "edo/net/http/h2/nghttp2_handles.hpp"
#include "edo/net/http/h2/request_head.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>

namespace edo::http::h2::detail {

namespace {

constexpr std::size_t kHeaderCost = 32;  // RFC 9113 section 6.5.2

std::string_view text_of(const std::uint8_t* data, std::size_t size) noexcept {
    return {reinterpret_cast<const char*>(data), size};
}

bool ends_stream(const nghttp2_frame& frame) noexcept {
    return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

ClientCore& ClientCallbacks::core_of(void* core) noexcept {
    return *static_cast<ClientCore*>(core);
}

int ClientCallbacks::on_begin_headers(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                                      void* core) noexcept {
    const ClientStreamPtr stream = core_of(core).find(frame->hd.stream_id);
    if (stream != nullptr) {
        stream->header_bytes = 0;
        stream->header_count = 0;
        if (!stream->has_head) {
            stream->head = Response();
            stream->length.reset();
        }
    }
    return 0;
}

int ClientCallbacks::on_header(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                               const std::uint8_t* name, std::size_t name_size,
                               const std::uint8_t* value, std::size_t value_size,
                               std::uint8_t /*flags*/, void* core) noexcept {
    const ClientStreamPtr stream = core_of(core).find(frame->hd.stream_id);
    if (stream == nullptr || stream->is_dropped) {
        return 0;
    }
    const h1::Limits& limits = core_of(core).options_.limits;
    const std::size_t most = stream->has_head ? limits.trailers : limits.headers;
    stream->header_bytes += name_size + value_size + kHeaderCost;
    stream->header_count += name_size > 0 && *name == ':' ? 0 : 1;
    if (stream->header_bytes > most || stream->header_count > limits.header_count) {
        stream->error = Errc::HeadersTooLarge;
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // of this stream only
    }
    try {
        if (stream->has_head) {
            stream->trailers.append(text_of(name, name_size), text_of(value, value_size));
        } else {
            add_to_head(*stream, text_of(name, name_size), text_of(value, value_size));
        }
    } catch (...) {
        stream->error = Errc::BadHeader;
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    return 0;
}

void ClientCallbacks::add_to_head(ClientStream& stream, std::string_view name,
                                  std::string_view value) {
    if (name == ":status") {
        // nghttp2 has checked that it has three digits.
        stream.head.status = Status(parse_length(value).value_or(0));
        return;
    }
    if (name == "content-length") {
        stream.length = parse_length(value);
    }
    stream.head.headers.append(name, value);
}

int ClientCallbacks::on_head(ClientCore& core, ClientStream& stream, bool ends) noexcept {
    if (is_informational(stream.head.status) && !ends) {
        stream.may_continue = stream.may_continue || stream.head.status == Status::Continue;
        return core.charge() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    stream.head.version = Version::Http2;
    stream.has_head = true;
    return 0;
}

int ClientCallbacks::on_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                              void* argument) noexcept {
    ClientCore& core = core_of(argument);
    const bool is_answer = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
    switch (frame->hd.type) {
        case NGHTTP2_GOAWAY:
            core.is_retired_ = true;
            return 0;
        case NGHTTP2_SETTINGS:
            core.has_settings_ = true;
            return is_answer || core.charge() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
        case NGHTTP2_PING:
            return is_answer || core.charge() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
        case NGHTTP2_PRIORITY:
            return core.charge() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
        case NGHTTP2_DATA:
            if (frame->hd.length == 0 && !ends_stream(*frame) && !core.charge()) {
                return NGHTTP2_ERR_CALLBACK_FAILURE;
            }
            break;
        case NGHTTP2_HEADERS:
            break;
        default:
            return 0;
    }
    const ClientStreamPtr stream = core.find(frame->hd.stream_id);
    if (stream == nullptr) {
        return 0;
    }
    stream->moved = now();
    if (frame->hd.type == NGHTTP2_HEADERS && !stream->has_head) {
        if (const int error = on_head(core, *stream, ends_stream(*frame)); error != 0) {
            return error;
        }
    }
    stream->in_ended = stream->in_ended || ends_stream(*frame);
    stream->news.notify_one();
    return 0;
}

int ClientCallbacks::on_invalid_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                                      int /*error*/, void* core) noexcept {
    const ClientStreamPtr stream = core_of(core).find(frame->hd.stream_id);
    if (stream != nullptr && !stream->error) {
        stream->error = Errc::ProtocolError;
    }
    return 0;
}

int ClientCallbacks::on_data(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t id,
                             const std::uint8_t* data, std::size_t size, void* core) noexcept {
    const ClientStreamPtr stream = core_of(core).find(id);
    if (stream == nullptr || stream->is_dropped) {
        nghttp2_session_consume(session, id, size);
        return 0;
    }
    try {
        stream->in.append(text_of(data, size));
    } catch (...) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    stream->moved = now();
    stream->news.notify_one();
    return 0;
}

int ClientCallbacks::on_sent(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                             void* argument) noexcept {
    ClientCore& core = core_of(argument);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        core.is_broken_ = core.is_broken_ || frame->goaway.error_code != NGHTTP2_NO_ERROR;
        return 0;
    }
    const ClientStreamPtr stream = core.find(frame->hd.stream_id);
    if (stream == nullptr) {
        return 0;
    }
    stream->moved = now();
    if (frame->hd.type == NGHTTP2_HEADERS) {
        stream->is_sent = true;
    } else if (frame->hd.type == NGHTTP2_RST_STREAM && !stream->error && !stream->is_dropped) {
        stream->error = Errc::ProtocolError;  // found by nghttp2
    }
    return 0;
}

int ClientCallbacks::on_not_sent(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                                 int /*error*/, void* argument) noexcept {
    if (frame->hd.type != NGHTTP2_HEADERS) {
        return 0;
    }
    ClientCore& core = core_of(argument);
    const ClientStreamPtr stream = core.find(frame->hd.stream_id);
    if (stream != nullptr && !stream->is_sent) {
        stream->is_refused = true;
        core.fail(*stream, Errc::ShuttingDown);
        core.remove(stream->id);
    }
    return 0;
}

int ClientCallbacks::on_close(nghttp2_session* /*session*/, std::int32_t id, std::uint32_t code,
                              void* argument) noexcept {
    ClientCore& core = core_of(argument);
    const ClientStreamPtr stream = core.find(id);
    if (stream != nullptr) {
        stream->is_refused = stream->is_refused || code == NGHTTP2_REFUSED_STREAM;
        stream->wants_http1 = code == NGHTTP2_HTTP_1_1_REQUIRED;
        core.fail(*stream, Errc::StreamReset);
        core.remove(id);
    }
    return 0;
}

ssize_t ClientCallbacks::read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* to,
                                   std::size_t size, std::uint32_t* flags,
                                   nghttp2_data_source* /*source*/, void* core) noexcept {
    const ClientStreamPtr stream = core_of(core).find(id);
    if (stream == nullptr) {
        return NGHTTP2_ERR_DEFERRED;
    }
    const std::size_t count = std::min(size, stream->pending.size());
    if (count == 0 && !stream->out_ended) {
        return NGHTTP2_ERR_DEFERRED;
    }
    if (count != 0) {
        std::memcpy(to, stream->pending.data(), count);
        stream->pending.remove_prefix(count);
    }
    if (!stream->pending.empty()) {
        return static_cast<ssize_t>(count);
    }
    stream->room.notify_one();
    if (stream->out_ended) {
        stream->out_done = true;
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (!stream->out_trailers.empty()) {
            try {
                HeaderList trailers;
                trailers.add_all(stream->out_trailers);
                const auto entries = trailers.entries();
                *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
                nghttp2_submit_trailer(session, id, entries.data(), entries.size());
            } catch (...) {
                return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
            }
        }
    }
    return static_cast<ssize_t>(count);
}

nghttp2_session* ClientCallbacks::open(ClientCore& core, const ClientOptions& options) {
    const NewCallbacks callbacks = new_callbacks();
    nghttp2_session_callbacks* const all = callbacks.get();
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, &on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(all, &on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, &on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(all, &on_invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, &on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, &on_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(all, &on_not_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, &on_close);

    const NewOptions limits = new_options();
    nghttp2_option_set_no_auto_window_update(limits.get(), 1);
    nghttp2_option_set_max_outbound_ack(limits.get(), 200);
    nghttp2_option_set_max_settings(limits.get(), 32);

    nghttp2_session* session = nullptr;
    if (nghttp2_session_client_new2(&session, all, &core, limits.get()) != 0) {
        throw std::bad_alloc();
    }
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
         std::uint32_t(std::min<std::size_t>(options.limits.headers,
                                             std::numeric_limits<std::uint32_t>::max()))},
    };
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    // Who does not read its answer must not hold up the others: each has its own window, and the
    // one of the connection never closes.
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                          std::numeric_limits<std::int32_t>::max());
    return session;
}

}  // namespace edo::http::h2::detail
