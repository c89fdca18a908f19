// SPDX-License-Identifier: MIT
// What the tasks of requests do with their connection: call the service, send its answer, and take
// the body of the request.
#include "edo/net/http/error.hpp"
#include "edo/net/http/h2/header_list.hpp"
#include "edo/net/http/h2/server_callbacks.hpp"
#include "edo/net/http/h2/server_core.hpp"
#include "edo/net/http/server/date.hpp"
#include "edo/net/http/server/service_failure.hpp"
#include "edo/runtime/diagnostics/log.hpp"

#include <exception>
#include <new>
#include <string>
#include <utility>

namespace edo::http::h2::detail {

namespace {

constexpr std::size_t kMostBuffered = std::size_t{64} * 1024;  // of an answer

}  // namespace

Task<void> ServerCore::serve(std::shared_ptr<ServerCore> core, StreamPtr stream) {
    Response response;
    std::exception_ptr error;
    if (stream->refused) {
        response = http::detail::answer_to_refused(*stream->refused);
        stream->request.headers = Headers();  // nobody looks at them
        core->drop_body(*stream);
    } else {
        Request request = std::move(stream->request);
        request.body = Body(std::make_unique<RequestBody>(core, stream));
        try {
            response = co_await core->serving_.service().call(std::move(request));
        } catch (...) {
            error = std::current_exception();
        }
        if (error != nullptr) {
            response = http::detail::answer_to_failure(error);
        } else if (is_informational(response.status)) {
            edo::detail::log_error("a service has answered 1xx, which is no answer: 500 is sent");
            response = Response(Status::InternalServerError);
        }
    }
    bool more_to_send = false;
    try {
        more_to_send = core->submit(*stream, response);
    } catch (...) {
        core->reset(*stream, NGHTTP2_INTERNAL_ERROR);
        co_return;
    }
    if (!more_to_send) {
        co_return;
    }
    try {
        co_await send_body(*core, *stream, std::move(response.body));
    } catch (...) {
        error = std::current_exception();
    }
    if (error != nullptr) {
        static_cast<void>(http::detail::answer_to_failure(error));
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

bool ServerCore::submit(ServerStream& stream, Response& response) {
    HeaderList head;
    head.add(":status", std::to_string(static_cast<unsigned>(response.status)));
    head.add_all(response.headers);
    if (serving_.options().date && !response.headers.contains("date")) {
        head.add("date", http::detail::current_date());
    }
    const auto size = response.body.size();
    if (size && !has_no_body(response.status) && !response.headers.contains("content-length")) {
        head.add("content-length", std::to_string(*size));
    }
    const bool has_source = !response.body.is_text();
    const bool no_body = stream.request.method == Method::Head || has_no_body(response.status) ||
                         (!has_source && response.body.text().empty());
    const auto entries = head.entries();
    {
        const std::lock_guard guard(mutex_);
        if (stream.closed) {
            return false;
        }
        if (no_body) {
            stream.out_ended = true;
        } else if (!has_source) {
            stream.out = std::move(response.body).take_text();
            stream.out_ended = true;
        }
        const nghttp2_data_provider provider = answer_provider();
        const int error = nghttp2_submit_response(session_, stream.id, entries.data(),
                                                  entries.size(), no_body ? nullptr : &provider);
        if (error != 0) {
            throw std::bad_alloc();
        }
    }
    output_.notify_one();
    return has_source && !no_body;
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

}  // namespace edo::http::h2::detail
