// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/log_exception.hpp"

#include "edo/runtime/diagnostics/log.hpp"

#include <exception>
#include <string>

namespace edo::http::filter::detail {

void log_handler_exception(const Request& request) noexcept {
    try {
        std::string text = "http: " + std::string(to_string(request.method)) + " " +
                           std::string(request.path()) + ": a handler threw ";
        try {
            throw;
        } catch (const std::exception& error) {
            text += error.what();
        } catch (...) {
            text += "something that is no std::exception";
        }
        edo::detail::log_error(text);
    } catch (...) {
        edo::detail::log_error("http: a handler threw an exception");
    }
}

}  // namespace edo::http::filter::detail
