// SPDX-License-Identifier: MIT
#include "edo/net/http/response.hpp"

namespace edo::http {

namespace {

Response with_type(std::string text, std::string_view type) {
    Response response(Status::Ok, std::move(text));
    response.headers.reserve(2, 64);
    detail::HeadersAccess::append(response.headers, "Content-Type", type);
    return response;
}

}  // namespace

Response Response::text(std::string text) {
    return with_type(std::move(text), "text/plain; charset=utf-8");
}

Response Response::json_text(std::string json) {
    return with_type(std::move(json), "application/json");
}

Response Response::html(std::string html) {
    return with_type(std::move(html), "text/html; charset=utf-8");
}

Response Response::switching_protocols(std::string_view protocol, Upgrade upgrade) {
    Response response(Status::SwitchingProtocols);
    response.headers.append("Connection", "Upgrade");
    response.headers.append("Upgrade", protocol);
    response.upgrade = std::move(upgrade);
    return response;
}

}  // namespace edo::http
