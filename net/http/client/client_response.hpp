// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/any_io.hpp"
#include "edo/net/http/client/error.hpp"
#include "edo/net/http/response.hpp"
#include "edo/net/http/uri.hpp"
#include "edo/net/json/text.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace edo::http {

/// The pieces of an answer's body as a stream; made by `ClientResponse::into_stream`.
class ClientBodyStream {
public:
    using Item = ClientResult<std::string>;

    ClientBodyStream(Body body, std::string url) : body_(std::move(body)), url_(std::move(url)) {}

    /// The next piece, or an error, after which the stream is at its end.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] Task<std::optional<Item>> next();

private:
    Body body_;
    std::string url_;
};

/// The answer to a request: its head, and the body as it is asked for.
///
/// Nothing of the body is read ahead, beyond what came with the head. A body that is read to its
/// end gives its connection back for the next request. Dropping the answer before that closes the
/// connection; with HTTP/2 it ends this request only.
///
/// @par Thread safety
/// None. It may be handed to another task.
/// @par Example
/// @snippet http_client.cpp response
class ClientResponse {
public:
    /// How much `text`, `bytes` and `json` take unless told otherwise: 16 MB.
    static constexpr std::size_t kDefaultLimit = std::size_t{16} << 20;

    /// For edo's own modules.
    ClientResponse(Response response, Uri url, std::optional<net::SocketAddr> peer, AnyIo io)
        : response_(std::move(response)),
          url_(std::move(url)),
          peer_(peer),
          upgraded_(std::move(io)) {}

    [[nodiscard]] Status status() const noexcept { return response_.status; }
    [[nodiscard]] Version version() const noexcept { return response_.version; }
    /// The headers. Of a body that was decompressed, `Content-Encoding` and `Content-Length` are
    /// gone.
    [[nodiscard]] const Headers& headers() const noexcept { return response_.headers; }
    /// Where the answer comes from: the URL of the request, or that of the last redirect.
    [[nodiscard]] const Uri& url() const noexcept { return url_; }
    /// The address of the other end: that of the proxy, if there is one. None for connections of a
    /// `Connector` that has none.
    [[nodiscard]] std::optional<net::SocketAddr> remote_addr() const noexcept { return peer_; }
    /// How many bytes of the body are left, if the server has said so, and they come as they are.
    [[nodiscard]] std::optional<std::uint64_t> content_length() const {
        return response_.body.size();
    }

    /// The whole body, as text.
    ///
    /// @param limit How many bytes at most.
    /// @par Errors
    /// `Errc::BodyTooLarge`; `edo::Errc::InvalidData`, of kind `Decode`: it is not UTF-8 (use
    /// `bytes`); and those of `chunk`.
    /// @par Cancel safety
    /// Not cancel safe: what was read is lost.
    [[nodiscard]] Task<ClientResult<std::string>> text(std::size_t limit = kDefaultLimit);
    /// The whole body, whatever it is. Otherwise like `text`.
    [[nodiscard]] Task<ClientResult<std::string>> bytes(std::size_t limit = kDefaultLimit);
    /// The whole body, converted from JSON to a `T`; see `json::from_text`. The header Content-Type
    /// is not looked at.
    ///
    /// @param limit How many bytes at most.
    /// @par Errors
    /// Those of `json::Errc`, of kind `Decode`: the text says which field is wrong, and where. And
    /// those of `bytes`.
    /// @par Cancel safety
    /// Not cancel safe: what was read is lost.
    /// @par Example
    /// @snippet http_client.cpp json
    template <class T>
    [[nodiscard]] Task<ClientResult<T>> json(std::size_t limit = kDefaultLimit) {
        auto all = co_await bytes(limit);
        if (!all) {
            co_return failure(all.error());
        }
        auto object = edo::json::from_text<T>(*all, edo::json::Limits(limit));
        if (!object) {
            co_return failure(error_of(object.error()));
        }
        co_return std::move(*object);
    }
    /// The next piece of the body; nothing at the end, and from then on.
    ///
    /// @par Errors
    /// - `Errc::BodyTimeout`, `Errc::Timeout`: nothing came for too long; the limit of the whole
    ///   request is over.
    /// - `Errc::Truncated`: the connection ended too early.
    /// - `Errc::BadChunk` and others: the server breaks the rules.
    /// - `Errc::BadContentEncoding`, of kind `Decode`; `Errc::BodyTooLarge`: more came out of a
    ///   compressed body than the client's limit.
    /// - Those of the connection.
    /// @par Cancel safety
    /// Cancel safe.
    /// @par Example
    /// @snippet http_client.cpp chunks
    [[nodiscard]] Task<ClientResult<std::optional<std::string>>> chunk();
    /// What came after the body, once `chunk` has yielded nothing; or null.
    [[nodiscard]] const Headers* trailers() const noexcept { return response_.body.trailers(); }

    /// The body as a stream of pieces.
    [[nodiscard]] ClientBodyStream into_stream() &&;
    /// The body, to be sent on.
    [[nodiscard]] Body into_body() && { return std::move(response_.body); }
    /// The connection after a 101, to speak another protocol on; empty for other answers.
    [[nodiscard]] AnyIo into_io() && { return std::move(upgraded_); }

    /// An error for a status of 400 to 599, of kind `Status`; else the answer itself.
    [[nodiscard]] ClientResult<ClientResponse> error_for_status() &&;

private:
    [[nodiscard]] ClientError error_of(std::error_code code) const;
    [[nodiscard]] ClientError error_of(const edo::json::Error& error) const;

    Response response_;
    Uri url_;
    std::optional<net::SocketAddr> peer_;
    AnyIo upgraded_;
};

}  // namespace edo::http
