// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/body.hpp"
#include "edo/net/http/client/exchange.hpp"
#include "edo/net/http/client/pool.hpp"

#include <memory>
#include <string>
#include <utility>

namespace edo::http::detail {

/// The body of an answer, which gives the connection back when it has been read to its end.
class ResponseBody final : public BodySource {
public:
    ResponseBody(std::unique_ptr<Exchange> exchange, std::shared_ptr<ClientPool> pool,
                 std::string key) noexcept
        : exchange_(std::move(exchange)), pool_(std::move(pool)), key_(std::move(key)) {}

    Task<Result<std::optional<std::string>>> next() override {
        Result<std::optional<std::string>> piece = co_await exchange_->next();
        // The last piece of a body of known length: whoever got all of it may not ask again.
        if (piece && pool_ != nullptr && exchange_->is_done()) {
            const std::shared_ptr<ClientPool> pool = std::exchange(pool_, nullptr);
            exchange_->give_back(*pool, key_);
        }
        co_return piece;
    }
    [[nodiscard]] std::optional<std::uint64_t> size() const override { return exchange_->size(); }
    [[nodiscard]] const Headers* trailers() const override { return exchange_->trailers(); }

private:
    std::unique_ptr<Exchange> exchange_;
    std::shared_ptr<ClientPool> pool_;  // null once the connection was given back, or cannot be
    std::string key_;
};

}  // namespace edo::http::detail
