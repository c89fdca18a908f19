// SPDX-License-Identifier: MIT
// One request and its answer on a share of an HTTP/2 connection.
#pragma once

#include "edo/net/http/client/exchange.hpp"
#include "edo/net/http/error.hpp"
#include "edo/net/http/h2/client_connection.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace edo::http::detail {

class H2Exchange final : public Exchange {
public:
    /// @param stream A place that was reserved on the connection.
    H2Exchange(std::shared_ptr<h2::ClientConnection> connection, h2::detail::ClientStreamPtr stream,
               ExchangeOptions options) noexcept
        : connection_(std::move(connection)), stream_(std::move(stream)), options_(options) {}
    ~H2Exchange() override { core().drop(stream_); }

    [[nodiscard]] Task<Result<Response>> perform(Request& request) override;
    [[nodiscard]] bool has_received() const override { return core().has_received(*stream_); }
    [[nodiscard]] bool is_refused() const override { return core().is_refused(*stream_); }
    [[nodiscard]] bool wants_http1() const override { return core().wants_http1(*stream_); }
    [[nodiscard]] bool has_body_failed() const override { return has_body_failed_; }
    [[nodiscard]] Task<Result<std::optional<std::string>>> next() override;
    [[nodiscard]] std::optional<std::uint64_t> size() const override;
    [[nodiscard]] const Headers* trailers() const override;
    [[nodiscard]] bool is_done() const override { return core().is_done(*stream_); }
    [[nodiscard]] std::optional<net::SocketAddr> peer() const override {
        return connection_->peer();
    }
    /// Nothing: the pool has the connection already.
    void give_back(ClientPool& /*pool*/, const std::string& /*key*/) override {}
    /// Empty: HTTP/2 has no 101.
    [[nodiscard]] AnyIo into_io() override { return {}; }

private:
    [[nodiscard]] h2::detail::ClientCore& core() const noexcept { return connection_->core(); }

    [[nodiscard]] Task<Result<void>> send_body(Request& request,
                                               std::optional<std::uint64_t> length);
    [[nodiscard]] Task<Result<void>> send_pieces(Body& body, std::optional<std::uint64_t> length);
    /// Sends these bytes.
    [[nodiscard]] Task<Result<void>> send(std::string_view bytes, bool is_last);
    /// Waits until nothing is left of what was lent, and until there is an answer that makes the
    /// rest of the request superfluous.
    [[nodiscard]] Task<Result<void>> wait_for_room();
    [[nodiscard]] Task<void> wait_for_refusal();
    /// Waits for 100, a final answer, or a second.
    [[nodiscard]] Task<void> wait_for_continue();
    [[nodiscard]] Task<Result<Response>> receive_head();
    /// Waits for `notify`, but not for longer than the limits allow.
    [[nodiscard]] Task<Result<void>> wait(sync::Notify& notify, Instant start, Errc late);

    std::shared_ptr<h2::ClientConnection> connection_;
    h2::detail::ClientStreamPtr stream_;
    ExchangeOptions options_;
    bool has_body_failed_ = false;
    bool is_over_ = false;  // the end of the body was handed out
};

}  // namespace edo::http::detail
