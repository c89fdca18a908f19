// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/reply.hpp"

#include "edo/runtime/diagnostics/log.hpp"

namespace edo::http::filter::detail {

Response answer_to_error(const std::error_code& error) {
    edo::detail::log_error("http: a handler failed: " + error.message());
    return Rejection(Status::InternalServerError).into_response();
}

}  // namespace edo::http::filter::detail

namespace edo::http::filter::reply {

Response html(std::string text) {
    return Response::html(std::move(text));
}

Response redirect(std::string_view location, Status status) {
    Response response;
    response.status = status;
    response.headers.set("Location", location);
    return response;
}

}  // namespace edo::http::filter::reply
