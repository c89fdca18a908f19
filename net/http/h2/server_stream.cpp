// SPDX-License-Identifier: MIT
#include "edo/net/http/h2/server_stream.hpp"

#include "edo/net/http/error.hpp"
#include "edo/net/http/h2/server_core.hpp"
#include "edo/runtime/timeout.hpp"

#include <algorithm>
#include <utility>

namespace edo::http::h2::detail {

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
