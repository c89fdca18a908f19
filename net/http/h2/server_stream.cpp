// SPDX-License-Identifier: MIT
#include "edo/net/http/h2/server_stream.hpp"

#include "edo/net/http/h2/request_head.hpp"
#include "edo/net/http/h2/server_core.hpp"
#include "edo/runtime/timeout.hpp"

#include <algorithm>
#include <utility>

namespace edo::http::h2::detail {

void ServerStream::add_to_head(std::string_view name, std::string_view value) {
    if (name == ":method") {
        if (const auto method = parse_method(value)) {
            request.method = *method;
        } else {
            refused = Errc::UnknownMethod;
        }
    } else if (name == ":path") {
        request.target = value;
    } else if (name == ":scheme") {
        request.scheme = value;
    } else if (name == ":authority") {
        request.authority = value;
    } else if (name == "cookie") {
        if (!cookies.empty()) {
            cookies += "; ";
        }
        cookies += value;
    } else if (name.front() != ':') {
        if (name == "content-length") {
            length = parse_length(value);
        }
        request.headers.append(name, value);
    }
}

RequestBody::RequestBody(std::shared_ptr<ServerCore> core, StreamPtr stream) noexcept
    : core_(std::move(core)),
      stream_(std::move(stream)),
      pace_(core_->serving().options().body_timeout, core_->serving().options().min_body_rate) {}

RequestBody::~RequestBody() {
    core_->drop_body(*stream_);
}

Task<Result<std::optional<std::string>>> RequestBody::next() {
    for (;;) {
        auto piece = core_->take(*stream_);
        if (piece) {
            if (*piece) {
                const std::size_t size = (*piece)->has_value() ? (**piece)->size() : 0;
                taken_ += size;
                pace_.moved(size);
                is_over_ = !(*piece)->has_value();
            }
            co_return std::move(*piece);
        }
        const Instant start = now();
        const Instant deadline = edo::detail::saturating_add(
            start, std::min(core_->serving().options().body_timeout, pace_.left()));
        const auto in_time = co_await timeout_at(deadline, stream_->in_ready.notified());
        if (!in_time) {
            co_return failure(make_error_code(Errc::BodyTimeout));
        }
        pace_.waited(now() - start);
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
