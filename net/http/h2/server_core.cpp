// SPDX-License-Identifier: MIT
#include "edo/net/http/h2/server_core.hpp"

#include "edo/net/http/error.hpp"
#include "edo/net/http/h2/serve_connection.hpp"
#include "edo/net/http/server/date.hpp"
#include "edo/runtime/sleep.hpp"
#include "edo/runtime/timeout.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>
#include <nghttp2/nghttp2.h>
#include <utility>

namespace edo::http::h2::detail {

namespace {

constexpr std::size_t kMostBuffered = std::size_t{64} * 1024;  // of an answer
constexpr std::size_t kMostAtOnce = std::size_t{32} * 1024;    // of what is sent

std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

/// Headers of a connection, which HTTP/2 does not have.
bool is_of_connection(std::string_view name) noexcept {
    for (const std::string_view other :
         {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
        if (http::detail::same_name(name, other)) {
            return true;
        }
    }
    return false;
}

/// Headers in the form of nghttp2, with names in lower case.
class NameValues {
public:
    void add(std::string_view name, std::string_view value) {
        std::string lower(name);
        for (char& c : lower) {
            if (c >= 'A' && c <= 'Z') {
                c = static_cast<char>(c - 'A' + 'a');
            }
        }
        texts_.emplace_back(std::move(lower), std::string(value));
    }
    void add_all(const Headers& headers) {
        for (const Header header : headers) {
            if (!is_of_connection(header.name)) {
                add(header.name, header.value);
            }
        }
    }
    [[nodiscard]] std::vector<nghttp2_nv> entries() {
        std::vector<nghttp2_nv> all;
        all.reserve(texts_.size());
        for (auto& [name, value] : texts_) {
            nghttp2_nv entry{};
            entry.name = reinterpret_cast<std::uint8_t*>(name.data());
            entry.namelen = name.size();
            entry.value = reinterpret_cast<std::uint8_t*>(value.data());
            entry.valuelen = value.size();
            all.push_back(entry);
        }
        return all;
    }

private:
    std::vector<std::pair<std::string, std::string>> texts_;
};

}  // namespace

/// What nghttp2 calls. Exceptions must not pass through it.
struct ServerCallbacks {
    static ServerCore& core_of(void* argument) noexcept {
        return *static_cast<ServerCore*>(argument);
    }
    static ServerStream* stream_of(nghttp2_session* session, std::int32_t id) noexcept {
        return static_cast<ServerStream*>(nghttp2_session_get_stream_user_data(session, id));
    }

    static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame,
                                void* argument) noexcept {
        if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
            return 0;
        }
        ServerCore& core = core_of(argument);
        try {
            auto stream = std::make_shared<ServerStream>(frame->hd.stream_id);
            nghttp2_session_set_stream_user_data(session, stream->id, stream.get());
            core.streams_.emplace(stream->id, std::move(stream));
        } catch (const std::bad_alloc&) {
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
        return 0;
    }

    static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                         const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                         std::size_t value_size, std::uint8_t /*flags*/,
                         void* /*argument*/) noexcept {
        ServerStream* const stream = stream_of(session, frame->hd.stream_id);
        if (stream == nullptr) {
            return 0;
        }
        const std::string_view key(reinterpret_cast<const char*>(name), name_size);
        const std::string_view text(reinterpret_cast<const char*>(value), value_size);
        stream->header_bytes += key.size() + text.size() + 32;
        stream->header_count += key.front() == ':' ? 0 : 1;
        if (stream->header_bytes > kMaxHeaderBytes || stream->header_count > kMaxHeaders) {
            // Decoded to the end, for the sake of those that follow, but kept no longer.
            stream->refused = Status::RequestHeaderFieldsTooLarge;
            return 0;
        }
        try {
            if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
                add_to_head(*stream, key, text);
            } else {
                stream->in_trailers.append(key, text);
            }
        } catch (...) {
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
        return 0;
    }

    static void add_to_head(ServerStream& stream, std::string_view name, std::string_view value) {
        Request& request = stream.request;
        if (name == ":method") {
            if (const auto method = parse_method(value)) {
                request.method = *method;
            } else {
                stream.refused = status_of(Errc::UnknownMethod);
            }
        } else if (name == ":path") {
            request.target = value;
        } else if (name == ":scheme") {
            request.scheme = value;
        } else if (name == ":authority") {
            request.authority = value;
        } else if (name == "cookie") {
            if (!stream.cookies.empty()) {
                stream.cookies += "; ";
            }
            stream.cookies += value;
        } else if (name.front() != ':') {
            if (name == "content-length") {
                stream.length = parse_length(value);
            }
            request.headers.append(name, value);
        }
    }

    static int on_frame(nghttp2_session* session, const nghttp2_frame* frame,
                        void* argument) noexcept {
        ServerCore& core = core_of(argument);
        const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        switch (frame->hd.type) {
            case NGHTTP2_RST_STREAM:
            case NGHTTP2_PING:
            case NGHTTP2_SETTINGS:
            case NGHTTP2_PRIORITY:
                return core.charge() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
            case NGHTTP2_DATA:
                if (frame->hd.length == 0 && !ends && !core.charge()) {
                    return NGHTTP2_ERR_CALLBACK_FAILURE;
                }
                break;
            case NGHTTP2_HEADERS:
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
                return NGHTTP2_ERR_CALLBACK_FAILURE;
            }
        }
        return 0;
    }

    static int on_data(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t id,
                       const std::uint8_t* data, std::size_t size, void* argument) noexcept {
        ServerCore& core = core_of(argument);
        ServerStream* const stream = stream_of(session, id);
        if (stream == nullptr || stream->in_dropped) {
            nghttp2_session_consume(session, id, size);
            return 0;
        }
        stream->in_total += size;
        if (stream->in_total > core.serving_.options().body_limit) {
            // The others' window is given back, this one's is not: no more will come of it.
            stream->in_error = Errc::BodyTooLarge;
            nghttp2_session_consume_connection(session, size);
        } else {
            try {
                stream->in.append(reinterpret_cast<const char*>(data), size);
            } catch (...) {
                return NGHTTP2_ERR_CALLBACK_FAILURE;
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

    /// An answer that is complete before its request: the rest of the request is not wanted.
    static int on_sent(nghttp2_session* session, const nghttp2_frame* frame,
                       void* /*argument*/) noexcept {
        const bool may_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
        if (may_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
            const ServerStream* const stream = stream_of(session, frame->hd.stream_id);
            if (stream != nullptr && !stream->in_ended) {
                nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                          NGHTTP2_NO_ERROR);
            }
        }
        return 0;
    }

    static ssize_t read_answer(nghttp2_session* session, std::int32_t id, std::uint8_t* to,
                               std::size_t size, std::uint32_t* flags,
                               nghttp2_data_source* /*source*/, void* /*argument*/) noexcept {
        ServerStream* const stream = stream_of(session, id);
        if (stream == nullptr) {
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
        const std::size_t count = std::min(size, stream->out.size() - stream->out_begin);
        if (count == 0 && !stream->out_ended) {
            return NGHTTP2_ERR_DEFERRED;
        }
        std::memcpy(to, stream->out.data() + stream->out_begin, count);
        stream->out_begin += count;
        if (stream->out_begin == stream->out.size()) {
            stream->out.clear();
            stream->out_begin = 0;
            stream->out_room.notify_one();
            if (stream->out_ended) {
                std::string().swap(stream->out);
                *flags |= NGHTTP2_DATA_FLAG_EOF;
                if (!stream->out_trailers.empty()) {
                    try {
                        NameValues trailers;
                        trailers.add_all(stream->out_trailers);
                        const auto entries = trailers.entries();
                        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
                        nghttp2_submit_trailer(session, id, entries.data(), entries.size());
                    } catch (...) {
                        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
                    }
                }
            }
        }
        return static_cast<ssize_t>(count);
    }
};

namespace {

/// Who frees what nghttp2's functions have made.
template <auto Free>
struct FreeWith {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using CallbacksPtr =
    std::unique_ptr<nghttp2_session_callbacks, FreeWith<&nghttp2_session_callbacks_del>>;
using OptionPtr = std::unique_ptr<nghttp2_option, FreeWith<&nghttp2_option_del>>;

OptionPtr make_options() {
    nghttp2_option* made = nullptr;
    if (nghttp2_option_new(&made) != 0) {
        throw std::bad_alloc();
    }
    OptionPtr options(made);
    nghttp2_option_set_no_auto_window_update(made, 1);
    nghttp2_option_set_max_outbound_ack(made, 200);
    nghttp2_option_set_max_settings(made, 32);
    nghttp2_option_set_stream_reset_rate_limit(made, FloodGuard::kBurst, FloodGuard::kPerSecond);
    return options;
}

CallbacksPtr make_callbacks() {
    nghttp2_session_callbacks* made = nullptr;
    if (nghttp2_session_callbacks_new(&made) != 0) {
        throw std::bad_alloc();
    }
    CallbacksPtr callbacks(made);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made,
                                                            &ServerCallbacks::on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, &ServerCallbacks::on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, &ServerCallbacks::on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &ServerCallbacks::on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, &ServerCallbacks::on_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, &ServerCallbacks::on_sent);
    return callbacks;
}

}  // namespace

ServerCore::ServerCore(Serving serving) : serving_(std::move(serving)), flood_(now()) {
    const OptionPtr options = make_options();
    const CallbacksPtr callbacks = make_callbacks();
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
    nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
    return false;
}

bool ServerCore::receive(std::span<const std::byte> bytes) {
    {
        const std::lock_guard guard(mutex_);
        const auto taken = nghttp2_session_mem_recv(
            session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        if (taken < 0) {
            failed_ = true;
            if (taken == NGHTTP2_ERR_FLOODED) {
                nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
            }
        }
    }
    output_.notify_one();
    return !failed_;
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
        if (!stream->cookies.empty()) {
            request.headers.append("cookie", stream->cookies);
        }
        if (stream->length.value_or(0) > serving_.options().body_limit) {
            stream->refused = status_of(Errc::BodyTooLarge);
        }
    }
    return requests;
}

std::string ServerCore::send() {
    std::string out;
    const std::lock_guard guard(mutex_);
    while (out.size() < kMostAtOnce) {
        const std::uint8_t* data = nullptr;
        const auto count = nghttp2_session_mem_send(session_, &data);
        if (count <= 0) {
            failed_ = failed_ || count < 0;
            break;
        }
        out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(count));
    }
    return out;
}

bool ServerCore::is_over() {
    const std::lock_guard guard(mutex_);
    return failed_ ||
           (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0);
}

bool ServerCore::is_idle() {
    const std::lock_guard guard(mutex_);
    return streams_.empty();
}

void ServerCore::stop() {
    {
        const std::lock_guard guard(mutex_);
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

// ---- requests
// --------------------------------------------------------------------------------------

Task<void> ServerCore::serve(std::shared_ptr<ServerCore> core, StreamPtr stream) {
    Response response;
    bool failed = false;
    if (stream->refused) {
        response.status = *stream->refused;
        core->drop_body(*stream);
    } else {
        Request request = std::move(stream->request);
        request.body = Body(std::make_unique<RequestBody>(core, stream));
        try {
            response = co_await core->serving_.service().call(std::move(request));
        } catch (...) {
            failed = true;
        }
        if (failed) {
            response = Response(Status::InternalServerError);
        }
    }
    const bool has_source = !response.body.is_text();
    try {
        core->submit(*stream, response, has_source);
    } catch (...) {
        core->reset(*stream, NGHTTP2_INTERNAL_ERROR);
        co_return;
    }
    if (!has_source) {
        co_return;
    }
    try {
        co_await send_body(*core, *stream, std::move(response.body));
    } catch (...) {
        failed = true;
    }
    if (failed) {
        core->reset(*stream, NGHTTP2_INTERNAL_ERROR);
    }
}

Task<void> ServerCore::send_body(ServerCore& core, ServerStream& stream, Body body) {
    for (;;) {
        auto piece = co_await body.next();
        if (!piece) {
            core.reset(stream, NGHTTP2_INTERNAL_ERROR);  // not to be taken for the end
            co_return;
        }
        if (!piece->has_value()) {
            core.finish(stream, body.trailers());
            co_return;
        }
        bool has_room = core.add(stream, std::move(**piece));
        while (!has_room) {
            co_await stream.out_room.notified();
            has_room = core.has_room(stream);
        }
    }
}

void ServerCore::submit(ServerStream& stream, Response& response, bool has_source) {
    const bool is_head = stream.request.method == Method::Head;
    NameValues head;
    head.add(":status", std::to_string(static_cast<unsigned>(response.status)));
    head.add_all(response.headers);
    if (serving_.options().date && !response.headers.contains("date")) {
        head.add("date", http::detail::current_date());
    }
    const auto size = response.body.size();
    if (size && !has_no_body(response.status) && !response.headers.contains("content-length")) {
        head.add("content-length", std::to_string(*size));
    }
    const bool no_body =
        is_head || has_no_body(response.status) || (!has_source && response.body.text().empty());
    const auto entries = head.entries();
    {
        const std::lock_guard guard(mutex_);
        if (stream.closed) {
            return;
        }
        if (no_body) {
            stream.out_ended = true;
        } else if (!has_source) {
            stream.out = std::move(response.body).take_text();
            stream.out_ended = true;
        }
        nghttp2_data_provider provider{};
        provider.read_callback = &ServerCallbacks::read_answer;
        nghttp2_submit_response(session_, stream.id, entries.data(), entries.size(),
                                no_body ? nullptr : &provider);
    }
    output_.notify_one();
}

bool ServerCore::add(ServerStream& stream, std::string piece) {
    bool has_room = false;
    {
        const std::lock_guard guard(mutex_);
        if (stream.closed || stream.out_ended) {
            return true;
        }
        if (stream.out.empty()) {
            stream.out = std::move(piece);
        } else {
            stream.out += piece;
        }
        has_room = stream.out.size() - stream.out_begin < kMostBuffered;
        nghttp2_session_resume_data(session_, stream.id);
    }
    output_.notify_one();
    return has_room;
}

bool ServerCore::has_room(ServerStream& stream) {
    const std::lock_guard guard(mutex_);
    return stream.closed || stream.out.size() - stream.out_begin < kMostBuffered;
}

void ServerCore::finish(ServerStream& stream, const Headers* trailers) {
    {
        const std::lock_guard guard(mutex_);
        if (stream.closed) {
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

void ServerCore::reset(ServerStream& stream, std::uint32_t code) {
    {
        const std::lock_guard guard(mutex_);
        if (stream.closed) {
            return;
        }
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, code);
    }
    output_.notify_one();
}

std::optional<Result<std::optional<std::string>>> ServerCore::take(ServerStream& stream) {
    using Piece = std::optional<std::string>;
    Piece piece;
    {
        const std::lock_guard guard(mutex_);
        if (stream.in.empty()) {
            if (stream.in_error) {
                return Result<Piece>(failure(stream.in_error));
            }
            if (stream.in_ended) {
                return Result<Piece>(Piece());
            }
            return std::nullopt;
        }
        piece = std::move(stream.in);
        stream.in = std::string();
        nghttp2_session_consume(session_, stream.id, piece->size());
    }
    output_.notify_one();
    return Result<Piece>(std::move(piece));
}

void ServerCore::drop_body(ServerStream& stream) {
    {
        const std::lock_guard guard(mutex_);
        stream.in_dropped = true;
        if (stream.in.empty()) {
            return;
        }
        nghttp2_session_consume(session_, stream.id, stream.in.size());
        std::string().swap(stream.in);
    }
    output_.notify_one();
}

RequestBody::RequestBody(std::shared_ptr<ServerCore> core, StreamPtr stream) noexcept
    : core_(std::move(core)), stream_(std::move(stream)) {}

RequestBody::~RequestBody() {
    core_->drop_body(*stream_);
}

Task<Result<std::optional<std::string>>> RequestBody::next() {
    for (;;) {
        auto piece = core_->take(*stream_);
        if (piece) {
            if (*piece) {
                taken_ += (*piece)->has_value() ? (**piece)->size() : 0;
                is_over_ = !(*piece)->has_value();
            }
            co_return std::move(*piece);
        }
        const auto in_time =
            co_await timeout(core_->serving().options().body_timeout, stream_->in_ready.notified());
        if (!in_time) {
            co_return failure(make_error_code(Errc::BodyTimeout));
        }
    }
}

std::optional<std::uint64_t> RequestBody::size() const {
    if (!stream_->length) {
        return std::nullopt;
    }
    return *stream_->length - std::min(taken_, *stream_->length);
}

const Headers* RequestBody::trailers() const {
    // Nothing is added to them any more when the body is over.
    return is_over_ && !stream_->in_trailers.empty() ? &stream_->in_trailers : nullptr;
}

}  // namespace edo::http::h2::detail
