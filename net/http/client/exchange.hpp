// SPDX-License-Identifier: MIT
// One request and its answer on one HTTP/1.1 connection.
//
// This is the seam for HTTP/2: what stands above knows an exchange only by `perform`, `next` and
// `into_connection`.
#pragma once

#include "edo/net/http/client/connector.hpp"
#include "edo/net/http/client/settings.hpp"
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

/// The limits of an exchange.
struct ExchangeOptions {
    h1::Limits limits;
    std::optional<Duration> idle;     // how long nothing may move in either direction
    std::optional<Instant> deadline;  // of the whole exchange, with the body of the answer
    bool expects_continue = false;
};

/// Owns the connection. Dropped before the answer was read to its end, it closes the connection:
/// nobody else could tell where the next answer begins.
class Exchange {
public:
    Exchange(Connected connection, ExchangeOptions options);
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// Sends the request and reads the head of the answer, steps over informational ones. Returns
    /// when both are done, or earlier if the answer is no success: then the rest of the request is
    /// not sent.
    ///
    /// @param request Must outlive the operation; its body is used up unless it is text.
    [[nodiscard]] Task<Result<Response>> perform(Request& request);
    /// Whether anything came from the server: if not, it may not have seen the request.
    [[nodiscard]] bool has_received() const noexcept { return has_received_; }
    /// Whether it was the request's own body that failed.
    [[nodiscard]] bool has_body_failed() const noexcept { return has_body_failed_; }

    /// The next piece of the answer's body; nothing at the end.
    [[nodiscard]] Task<Result<std::optional<std::string>>> next();
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept;
    [[nodiscard]] const Headers* trailers() const noexcept { return decoder_.trailers(); }
    /// Whether the answer has been read to its end.
    [[nodiscard]] bool is_done() const noexcept { return decoder_.is_done(); }
    /// Whether the connection is in a state in which another request can be sent.
    [[nodiscard]] bool is_reusable() const noexcept {
        return decoder_.is_done() && can_be_kept_ && input_.empty();
    }
    [[nodiscard]] const std::optional<net::SocketAddr>& peer() const noexcept {
        return connection_.peer;
    }
    /// Takes the connection: one that is reusable.
    [[nodiscard]] Connected into_connection() && { return std::move(connection_); }
    /// Takes the connection after a 101, with what was read from it already.
    [[nodiscard]] AnyIo into_io() &&;

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
