// SPDX-License-Identifier: MIT
// A connection of a server, without its stream: what was read and is to be written, the request
// that is being served, and the decisions.
#pragma once

#include "edo/net/http/body.hpp"
#include "edo/net/http/error.hpp"
#include "edo/net/http/h1/body_decoder.hpp"
#include "edo/net/http/h1/encoder.hpp"
#include "edo/net/http/h1/request_parser.hpp"
#include "edo/net/http/server/input.hpp"
#include "edo/net/http/server/serving.hpp"
#include "edo/net/http/server/waits.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace edo::http::detail {

class ConnectionCore;

/// Joins the body of a request, which may be anywhere, with its connection. The connection cuts it
/// when the request is over.
class BodyLink {
public:
    explicit BodyLink(ConnectionCore& connection) noexcept;

    /// The connection; null when the request is over.
    /// @throws UsageError in another task than the connection's: it must not look at it then.
    [[nodiscard]] ConnectionCore* connection() const;
    void cut() noexcept { connection_ = nullptr; }

private:
    ConnectionCore* connection_;
    const void* task_;
};

class ConnectionCore {
public:
    explicit ConnectionCore(const Serving& serving);
    ConnectionCore(const ConnectionCore&) = delete;
    ConnectionCore& operator=(const ConnectionCore&) = delete;

    /// The next piece of the current request's body.
    [[nodiscard]] virtual Task<Result<std::optional<std::string>>> next_piece() = 0;
    [[nodiscard]] const h1::BodyDecoder& body() const noexcept { return decoder_; }

protected:
    ~ConnectionCore();

    enum class Head : std::uint8_t { Incomplete, Complete, Refused };
    /// Looks for a head in the input. A request that is refused has its answer in `out_`.
    [[nodiscard]] Head find_head();
    /// Takes the request whose head was found, with a body that reads from the connection.
    [[nodiscard]] Request take_request();

    /// What the service has done instead of answering.
    [[nodiscard]] Response failed(const std::exception_ptr& error) const noexcept;
    /// Appends the head of an answer, and a body that is small and in memory.
    /// @return How the rest of the body is to be sent; `None` if there is none.
    [[nodiscard]] h1::Framing begin_answer(Response& response);
    /// Whether that answer gives the connection to somebody else.
    [[nodiscard]] bool is_upgrade(const Response& response) const noexcept;
    /// Appends the answer to a request that cannot be served.
    void refuse(std::error_code error);
    /// The request is over: its body is not readable any more.
    void end_request() noexcept;

    /// Takes a piece of the body from the input; empty if there is none yet.
    [[nodiscard]] Result<std::string> take_piece();
    /// Whether the client waits to be told to send the body; that is done with this call.
    [[nodiscard]] bool take_continue() noexcept;
    /// Whether what is left of the body can be read and dropped.
    [[nodiscard]] bool can_drain() const noexcept;

    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    /// A small body is copied behind its head; a larger one is written from where it is.
    static constexpr std::size_t kCopied = std::size_t{16} * 1024;
    /// Answers to pipelined requests are written at the latest when there are so many bytes.
    static constexpr std::size_t kBatch = std::size_t{64} * 1024;

    Serving serving_;
    Waits waits_;
    Input input_;
    std::string out_;
    std::size_t written_ = 0;  // of out_
    h1::RequestParser parser_;
    h1::BodyDecoder decoder_;
    std::uint64_t body_bytes_ = 0;
    std::shared_ptr<BodyLink> link_;
    bool keep_alive_ = true;       // after the current answer
    bool continue_due_ = false;    // the client waits for 100
    bool has_answered_ = false;    // a part of the current answer is in out_, or sent
    bool is_stopping_ = false;     // no further requests
    bool is_writing_ = false;      // a write is under way
    bool is_body_broken_ = false;  // the input cannot be understood any more
};

}  // namespace edo::http::detail
