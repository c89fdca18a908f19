// SPDX-License-Identifier: MIT
#include "edo/net/http/client/error.hpp"

#include "edo/net/http/uri.hpp"

#include <string_view>

namespace edo::http {

namespace {

std::string_view action_of(ClientErrorKind kind) noexcept {
    switch (kind) {
        case ClientErrorKind::Request:
            return "cannot make a request for ";
        case ClientErrorKind::Connect:
            return "cannot connect to ";
        case ClientErrorKind::Exchange:
            return "no answer from ";
        case ClientErrorKind::Redirect:
            return "cannot follow the redirect of ";
        case ClientErrorKind::Body:
            return "cannot read the answer of ";
        case ClientErrorKind::Decode:
            return "cannot understand the answer of ";
        case ClientErrorKind::Status:
            return "error status from ";
    }
    return "";
}

}  // namespace

ClientError::ClientError(ClientErrorKind kind, std::error_code code, const Uri& url)
    : ClientError(kind, code, url.text()) {}

ClientError::ClientError(ClientErrorKind kind, std::error_code code, std::string url)
    : std::error_code(code), kind_(kind), url_(std::move(url)) {}

bool ClientError::is_timeout() const noexcept {
    return *this == std::errc::timed_out;
}

ClientError ClientError::with_status(Status status) && {
    status_ = status;
    return std::move(*this);
}

ClientError ClientError::with_detail(std::string detail) && {
    detail_ = std::move(detail);
    return std::move(*this);
}

std::string ClientError::message() const {
    std::string text(action_of(kind_));
    text += url_;
    text += ": ";
    if (status_) {
        text += std::to_string(std::uint16_t(*status_));
        text += ' ';
        text += reason(*status_);
    } else {
        text += std::error_code::message();
    }
    if (!detail_.empty()) {
        text += ": ";
        text += detail_;
    }
    return text;
}

}  // namespace edo::http
