// SPDX-License-Identifier: MIT
#include "edo/net/http/server/service_failure.hpp"

#include "edo/net/http/error.hpp"
#include "edo/runtime/diagnostics/log.hpp"

#include <string>

namespace edo::http::detail {

namespace {

std::string text_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& exception) {
        return exception.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

}  // namespace

Response answer_to_refused(std::error_code error) {
    return Response::text(error.message() + '\n').with_status(status_of(error));
}

Response answer_to_failure(const std::exception_ptr& error) {
    edo::detail::log_error("a service has thrown, the request is answered with 500: " +
                           text_of(error));
    return Response(Status::InternalServerError, "Internal Server Error\n");
}

}  // namespace edo::http::detail
