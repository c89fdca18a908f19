// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/input.hpp"

#include "edo/net/http/error.hpp"
#include "edo/net/http/gunzip.hpp"

#include <utility>

namespace edo::http::filter {

Input::Input(Request& request) noexcept : request_(&request), rest_(request.path()) {
    if (!rest_.empty() && rest_.front() == '/') {
        rest_.remove_prefix(1);
    }
}

std::optional<std::string_view> Input::peek_segment() const noexcept {
    if (rest_.empty()) {
        return std::nullopt;
    }
    return rest_.substr(0, rest_.find('/'));
}

void Input::take_segment() noexcept {
    const std::size_t slash = rest_.find('/');
    rest_.remove_prefix(slash == std::string_view::npos ? rest_.size() : slash + 1);
}

std::optional<std::string_view> Input::parameter(std::string_view name) const noexcept {
    for (std::size_t i = parameter_count_; i-- > 0;) {  // the innermost router's goes first
        if (parameters_[i].name == name) {
            return parameters_[i].value;
        }
    }
    return std::nullopt;
}

void Input::add_parameter(std::string_view name, std::string_view value) noexcept {
    if (parameter_count_ < kMaxParameters) {
        parameters_[parameter_count_++] = {name, value};
    }
}

void Input::reset(const Mark& mark) noexcept {
    rest_ = mark.rest;
    parameter_count_ = mark.parameter_count;
    body_limit_ = mark.body_limit;
}

bool Input::has_body_text() const noexcept {
    return !body_taken_ && (collected_.has_value() || request_->body.is_text());
}

std::string_view Input::body_text() const noexcept {
    return collected_ ? std::string_view(*collected_) : request_->body.text();
}

std::optional<Rejection> Input::check_body() const {
    if (body_taken_) {
        return Rejection(Status::InternalServerError);  // two filters want the same body
    }
    const auto size =
        collected_ ? std::optional<std::uint64_t>(collected_->size()) : request_->body.size();
    if (size && *size > body_limit_) {
        return Rejection(Status::ContentTooLarge, "the body is longer than the limit of " +
                                                      std::to_string(body_limit_) + " bytes");
    }
    return std::nullopt;
}

Task<Result<void, Rejection>> Input::read_body() {
    if (auto rejection = check_body()) {
        co_return failure(std::move(*rejection));
    }
    if (!has_body_text()) {
        auto text = co_await request_->body.collect(std::size_t(body_limit_));
        if (!text) {
            body_taken_ = true;  // the rest of it is of no use
            co_return failure(Rejection::from_error(text.error()));
        }
        collected_ = std::move(*text);
    }
    co_return Result<void, Rejection>();
}

void Input::gunzip_body(std::uint64_t limit) {
    if (collected_) {
        request_->body = Body(std::move(*collected_));
        collected_.reset();
    }
    request_->body = http::detail::gunzip(std::move(request_->body), limit);
    request_->headers.remove("Content-Encoding");
    request_->headers.remove("Content-Length");
}

Body Input::take_body() {
    body_taken_ = true;
    if (collected_) {
        return Body(std::move(*collected_));
    }
    return std::move(request_->body);
}

Request Input::take_request() {
    if (collected_) {
        request_->body = Body(std::move(*collected_));
    }
    body_taken_ = true;
    request_taken_ = true;
    rest_ = {};
    parameter_count_ = 0;
    return std::move(*request_);
}

}  // namespace edo::http::filter
