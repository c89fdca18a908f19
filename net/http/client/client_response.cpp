// SPDX-License-Identifier: MIT
#include "edo/net/http/client/client_response.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/utf8.hpp"

namespace edo::http {

namespace {

ClientError body_error(std::error_code code, std::string url) {
    const bool is_decode = code == make_error_code(Errc::BadContentEncoding) ||
                           code == make_error_code(edo::Errc::InvalidData);
    return {is_decode ? ClientErrorKind::Decode : ClientErrorKind::Body, code, std::move(url)};
}

}  // namespace

Task<std::optional<ClientBodyStream::Item>> ClientBodyStream::next() {
    auto piece = co_await body_.next();
    std::optional<Item> item;
    if (!piece) {
        item.emplace(failure(body_error(piece.error(), url_)));
    } else if (*piece) {
        item.emplace(std::move(**piece));
    }
    co_return item;
}

ClientError ClientResponse::error_of(std::error_code code) const {
    return body_error(code, url_.text());
}

ClientError ClientResponse::error_of(const edo::json::Error& error) const {
    return ClientError(ClientErrorKind::Decode, error.code(), url_).with_detail(error.message());
}

Task<ClientResult<std::string>> ClientResponse::bytes(std::size_t limit) {
    auto all = co_await response_.body.collect(limit);
    if (!all) {
        co_return failure(error_of(all.error()));
    }
    co_return std::move(*all);
}

Task<ClientResult<std::string>> ClientResponse::text(std::size_t limit) {
    auto all = co_await bytes(limit);
    if (all && !io::is_utf8(*all)) {
        co_return failure(error_of(make_error_code(edo::Errc::InvalidData)));
    }
    co_return all;
}

Task<ClientResult<std::optional<std::string>>> ClientResponse::chunk() {
    auto piece = co_await response_.body.next();
    if (!piece) {
        co_return failure(error_of(piece.error()));
    }
    co_return std::move(*piece);
}

ClientBodyStream ClientResponse::into_stream() && {
    return {std::move(response_.body), url_.text()};
}

ClientResult<ClientResponse> ClientResponse::error_for_status() && {
    if (is_client_error(status()) || is_server_error(status())) {
        return failure(
            ClientError(ClientErrorKind::Status, make_error_code(Errc::ErrorStatus), url_)
                .with_status(status()));
    }
    return std::move(*this);
}

}  // namespace edo::http
