// SPDX-License-Identifier: MIT
#include "edo/net/http/body.hpp"

#include "edo/net/http/error.hpp"
#include "edo/runtime/propagate.hpp"

namespace edo::http {

Task<Result<std::optional<std::string>>> Body::next() {
    if (source_ == nullptr) {
        if (text_.empty()) {
            co_return std::optional<std::string>();
        }
        co_return std::optional<std::string>(std::exchange(text_, std::string()));
    }
    if (is_over_) {
        co_return std::optional<std::string>();
    }
    Result<std::optional<std::string>> piece = co_await source_->next();
    is_over_ = !piece || !*piece;
    co_return piece;
}

Task<Result<std::string>> Body::collect(std::size_t limit) {
    const std::optional<std::uint64_t> known = size();
    if (known && *known > limit) {
        co_return failure(Errc::BodyTooLarge);
    }
    if (source_ == nullptr) {
        co_return std::exchange(text_, std::string());
    }
    std::string all;
    for (;;) {
        std::optional<std::string> piece = co_await propagate(co_await next());
        if (!piece) {
            co_return all;
        }
        if (piece->size() > limit - all.size()) {
            co_return failure(Errc::BodyTooLarge);
        }
        if (all.empty()) {
            all = std::move(*piece);
            all.reserve(known ? std::size_t(*known) : 0);
        } else {
            all += *piece;
        }
    }
}

std::optional<std::uint64_t> Body::size() const {
    if (source_ == nullptr) {
        return text_.size();
    }
    return is_over_ ? 0 : source_->size();
}

const Headers* Body::trailers() const {
    return source_ == nullptr ? nullptr : source_->trailers();
}

}  // namespace edo::http
