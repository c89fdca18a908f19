// SPDX-License-Identifier: MIT
// One request and its answer on one HTTP/1.1 connection.
#pragma once

#include "edo/net/http/client/connector.hpp"
#include "edo/net/http/client/exchange.hpp"
#include "edo/net/http/error.hpp"
#include "edo/net/http/h1/body_decoder.hpp"
#include "edo/net/http/h1/response_parser.hpp"
#include "edo/net/http/request.hpp"
#include "edo/net/http/response.hpp"
#include "edo/runtime/io/byte_buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace edo::http::detail {

/// Owns the connection. Dropped before the answer was read to its end, it closes the connection:
/// nobody else could tell where the next answer begins.
class H1Exchange final : public Exchange {
public:
    H1Exchange(Connected connection, ExchangeOptions options);

    [[nodiscard]] Task<Result<Response>> perform(Request& request) override;
    [[nodiscard]] bool has_received() const override { return has_received_; }
    [[nodiscard]] bool has_body_failed() const override { return has_body_failed_; }
    [[nodiscard]] Task<Result<std::optional<std::string>>> next() override;
    [[nodiscard]] std::optional<std::uint64_t> size() const override;
    [[nodiscard]] const Headers* trailers() const override { return decoder_.trailers(); }
    [[nodiscard]] bool is_done() const override { return decoder_.is_done(); }
    [[nodiscard]] std::optional<net::SocketAddr> peer() const override { return connection_.peer; }
    void give_back(ClientPool& pool, const std::string& key) override;
    [[nodiscard]] AnyIo into_io() override;

private:
    /// Sends what is in `output_`, then the body.
    [[nodiscard]] Task<Result<void>> send(Request& request);
    [[nodiscard]] Task<Result<void>> send_pieces(Request& request);
    [[nodiscard]] Task<Result<void>> write_all(std::string_view bytes);
    /// Sends, and receives what comes meanwhile.
    [[nodiscard]] Task<Result<void>> send_and_receive(Request& request);
    /// Receives until the head of the final answer is there.
    [[nodiscard]] Task<Result<void>> receive_head(Request& request);
    /// Waits for 100, a final answer, or a second.
    [[nodiscard]] Task<Result<void>> wait_for_continue(Request& request);

    /// Receives some bytes; 0 at the end of the stream.
    [[nodiscard]] Task<Result<std::size_t>> receive(bool is_limited);
    /// Looks for a head in what was received.
    [[nodiscard]] Result<void> parse(const Request& request);
    void take_head(const Request& request);
    [[nodiscard]] std::optional<Instant> deadline_of_step() const noexcept;
    [[nodiscard]] std::error_code timeout_error(Errc step) const noexcept;
    [[nodiscard]] std::string_view input() const noexcept;

    Connected connection_;
    ExchangeOptions options_;
    edo::detail::ByteBuffer input_;
    h1::ResponseParser parser_;
    h1::BodyDecoder decoder_;
    h1::Framing sending_framing_;
    std::string output_;  // what is being written
    std::optional<Response> head_;
    std::error_code write_error_;
    bool has_received_ = false;
    bool has_ended_ = false;  // the server sends no more
    bool may_continue_ = false;
    bool has_body_failed_ = false;
    bool is_sent_ = false;
    bool can_be_kept_ = false;
    bool has_length_ = false;  // the answer says how long its body is
};

}  // namespace edo::http::detail
