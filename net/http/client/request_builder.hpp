// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/client/client_response.hpp"
#include "edo/net/http/client/error.hpp"
#include "edo/net/http/client/execute.hpp"
#include "edo/net/http/client/multipart.hpp"
#include "edo/net/http/request.hpp"
#include "edo/net/http/uri.hpp"
#include "edo/net/json/text.hpp"
#include "edo/runtime/task/task.hpp"
#include "edo/runtime/time/instant.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace edo::http {

/// A request that is being put together; made by `Client::get` and its like.
///
/// ```cpp
/// auto answer = co_await client.post("http://localhost:3030/data").text("hello").send();
/// ```
///
/// The length of the body and how it is framed is for the client to say: a `Content-Length` or
/// `Transfer-Encoding` among the headers is not sent.
///
/// @par Thread safety
/// None.
/// @par Misuse
/// Names and values of headers that would break the request throw `UsageError`: those with line
/// breaks, for example. So does `send` of a request that was sent.
/// @par Example
/// @snippet http_client.cpp request
class RequestBuilder {
public:
    /// For edo's own modules.
    RequestBuilder(std::shared_ptr<detail::ClientCore> core, Method method, Result<Uri> url,
                   std::string text_of_url);

    /// Adds a header, after those of that name.
    RequestBuilder& header(std::string_view name, std::string_view value) &;
    RequestBuilder&& header(std::string_view name, std::string_view value) && {
        return std::move(header(name, value));
    }
    /// Sets headers; each replaces what is there of its name.
    RequestBuilder& headers(const Headers& headers) &;
    RequestBuilder&& headers(const Headers& more) && { return std::move(headers(more)); }
    /// Adds pairs to the query of the URL.
    RequestBuilder& query(const Query& pairs) &;
    RequestBuilder&& query(const Query& pairs) && { return std::move(query(pairs)); }

    /// `Authorization: Basic`: a user name and a password, which travel as good as in plain text.
    /// @throws UsageError if the name has a colon.
    RequestBuilder& basic_auth(std::string_view user_name, std::string_view password) &;
    RequestBuilder&& basic_auth(std::string_view user_name, std::string_view password) && {
        return std::move(basic_auth(user_name, password));
    }
    /// `Authorization: Bearer`.
    RequestBuilder& bearer_auth(std::string_view token) &;
    RequestBuilder&& bearer_auth(std::string_view token) && {
        return std::move(bearer_auth(token));
    }

    /// The body: bytes in memory, or a stream. One whose length is not known is sent in chunks. A
    /// body in memory can be sent again, after a redirect or over another connection; a stream
    /// cannot.
    RequestBuilder& body(Body body) &;
    RequestBuilder&& body(Body content) && { return std::move(body(std::move(content))); }
    /// A text, with `Content-Type: text/plain; charset=utf-8`.
    RequestBuilder& text(std::string text) &;
    RequestBuilder&& text(std::string content) && { return std::move(text(std::move(content))); }
    /// An object as JSON; see `json::to_text`.
    /// @param object Looked at before this function returns.
    template <class T>
    RequestBuilder& json(const T& object) & {
        return json_text(edo::json::to_text(object));
    }
    template <class T>
    RequestBuilder&& json(const T& object) && {
        return std::move(json(object));
    }
    /// A text that is JSON already.
    RequestBuilder& json_text(std::string json) &;
    RequestBuilder&& json_text(std::string content) && {
        return std::move(json_text(std::move(content)));
    }
    /// The pairs of a form (application/x-www-form-urlencoded).
    RequestBuilder& form(const Query& fields) &;
    RequestBuilder&& form(const Query& fields) && { return std::move(form(fields)); }
    /// A form with files.
    RequestBuilder& multipart(Multipart form) &;
    RequestBuilder&& multipart(Multipart form) && { return std::move(multipart(std::move(form))); }

    /// How long the whole request may take, until the body of the answer has been read; in place of
    /// the client's own limit.
    RequestBuilder& timeout(Duration limit) &;
    RequestBuilder&& timeout(Duration limit) && { return std::move(timeout(limit)); }
    /// How long nothing may move, in place of the client's own limit.
    RequestBuilder& read_timeout(Duration limit) &;
    RequestBuilder&& read_timeout(Duration limit) && { return std::move(read_timeout(limit)); }
    /// Sends the body only when the server has said that it wants it, or nothing for a second
    /// (`Expect: 100-continue`): for large bodies that may be refused.
    RequestBuilder& expect_continue() &;
    RequestBuilder&& expect_continue() && { return std::move(expect_continue()); }
    /// `Http11`, also where the server could speak HTTP/2, or `Http10` for old servers.
    /// @throws UsageError for `Http2`, which is a matter of the whole client:
    ///     `ClientBuilder::http2_prior_knowledge`.
    RequestBuilder& version(Version version) &;
    RequestBuilder&& version(Version wanted) && { return std::move(version(wanted)); }

    /// Sends the request, follows redirects, and yields the answer when its head is there.
    ///
    /// The answer is handed out when the request has been sent completely; what comes before that
    /// is kept, up to 1 MB. If it is no success, the rest of the request is not sent.
    ///
    /// @par Errors
    /// A `ClientError`, whose `kind` says where: see there. An answer with an error status is not
    /// an error: see `ClientResponse::error_for_status`.
    /// @par Cancel safety
    /// The connection is closed. The server may have got the request, or a part of it.
    [[nodiscard]] Task<ClientResult<ClientResponse>> send();

private:
    RequestBuilder& typed(std::string_view type, Body body);

    std::shared_ptr<detail::ClientCore> core_;
    detail::PendingRequest pending_;
};

}  // namespace edo::http
