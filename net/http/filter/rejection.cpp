// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/rejection.hpp"

#include "edo/net/http/error.hpp"

namespace edo::http::filter::detail {

std::string allow_text(MethodSet methods) {
    std::string text;
    for (unsigned i = 0; i <= unsigned(Method::Patch); ++i) {
        if ((methods & method_bit(Method(i))) != 0) {
            text += text.empty() ? "" : ", ";
            text += to_string(Method(i));
        }
    }
    return text;
}

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

Rejection::Rejection(Status status, std::string message) : status_(status) {
    if (!message.empty()) {
        details().message = std::move(message);
    }
}

Rejection Rejection::method_not_allowed(Method method) noexcept {
    return method_not_allowed(detail::method_bit(method));
}

Rejection Rejection::method_not_allowed(detail::MethodSet methods) noexcept {
    Rejection rejection;
    rejection.status_ = Status::MethodNotAllowed;
    rejection.allow_ = methods;
    return rejection;
}

Rejection Rejection::bad_request(std::string message) {
    return Rejection(Status::BadRequest, std::move(message));
}

Rejection Rejection::from_error(const std::error_code& error) {
    const Status status = status_of(error);
    // What went wrong inside the server is no business of the client's.
    return Rejection(status, is_server_error(status) ? std::string() : error.message());
}

std::string_view Rejection::message() const noexcept {
    if (details_ != nullptr && !details_->message.empty()) {
        return details_->message;
    }
    return reason(status_);
}

void Rejection::add_header(std::string_view name, std::string_view value) {
    details().headers.emplace_back(name, value);
}

Rejection&& Rejection::with_header(std::string_view name, std::string_view value) && {
    add_header(name, value);
    return std::move(*this);
}

Response Rejection::into_response() && {
    Response response = Response::text(std::string(message())).with_status(status_);
    if (allow_ != 0) {
        response.headers.set("Allow", detail::allow_text(allow_));
    }
    if (details_ != nullptr) {
        for (const auto& [name, value] : details_->headers) {
            response.headers.append(name, value);
        }
    }
    return response;
}

unsigned Rejection::rank() const noexcept {
    if (status_ == Status::NotFound && !is_answer_) {
        return 0;
    }
    return status_ == Status::MethodNotAllowed ? 1 : unsigned(status_);
}

void Rejection::merge(Rejection other) noexcept {
    const detail::MethodSet both = allow_ | other.allow_;
    if (other.rank() > rank()) {
        *this = std::move(other);
    }
    allow_ = status_ == Status::MethodNotAllowed ? both : 0;
}

detail::RejectionDetails& Rejection::details() {
    if (details_ == nullptr) {
        details_ = std::make_unique<detail::RejectionDetails>();
    }
    return *details_;
}

}  // namespace edo::http::filter
