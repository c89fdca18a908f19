// SPDX-License-Identifier: MIT
#include "edo/net/http/error.hpp"

#include <string>

namespace edo::http {

namespace {

const char* text_of(Errc error) noexcept {
    switch (error) {
        case Errc::BadRequestLine:
            return "the request line is wrong";
        case Errc::BadStatusLine:
            return "the status line is wrong";
        case Errc::BadTarget:
            return "the target of the request is wrong";
        case Errc::UnknownMethod:
            return "the method is not known";
        case Errc::UnsupportedVersion:
            return "this version of HTTP is not supported";
        case Errc::BadHeader:
            return "a header is wrong";
        case Errc::BadHost:
            return "Host is missing, there twice, or no host";
        case Errc::BadContentLength:
            return "Content-Length is wrong";
        case Errc::BadTransferEncoding:
            return "Transfer-Encoding is wrong";
        case Errc::UnknownTransferEncoding:
            return "the transfer coding is not known";
        case Errc::BadExpectation:
            return "the expectation is not known";
        case Errc::BadChunk:
            return "a chunk of the body is wrong";
        case Errc::BadContentEncoding:
            return "the compressed body is damaged";
        case Errc::Truncated:
            return "the connection ended in the middle of a message";
        case Errc::TargetTooLong:
            return "the request line is too long";
        case Errc::HeadersTooLarge:
            return "the headers are too large, or too many";
        case Errc::BodyTooLarge:
            return "the body is larger than the limit";
        case Errc::MessageTooLarge:
            return "the message is larger than the limit";
        case Errc::HeaderTimeout:
            return "the headers did not arrive in time";
        case Errc::BodyTimeout:
            return "nothing of the body arrived for too long";
        case Errc::WriteTimeout:
            return "the peer did not read for too long";
        case Errc::ConnectionClosed:
            return "the connection was closed before the answer";
        case Errc::BodyGone:
            return "the request is over, and its body is gone";
        case Errc::StreamReset:
            return "the peer has given the stream up";
        case Errc::ProtocolError:
            return "the peer breaks the rules of the protocol";
        case Errc::ShuttingDown:
            return "the peer takes no more requests on this connection";
        case Errc::Timeout:
            return "the request took too long";
        case Errc::TooManyRedirects:
            return "too many redirects";
        case Errc::BadRedirect:
            return "a redirect to somewhere that cannot be followed";
        case Errc::ProxyRefused:
            return "the proxy did not open a tunnel";
        case Errc::UpgradeRefused:
            return "the server did not change the protocol";
        case Errc::ErrorStatus:
            return "the answer has an error status";
    }
    return "unknown error";
}

class Category final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "edo.http"; }
    [[nodiscard]] std::string message(int value) const override { return text_of(Errc(value)); }

    [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override {
        switch (Errc(value)) {
            case Errc::HeaderTimeout:
            case Errc::BodyTimeout:
            case Errc::WriteTimeout:
            case Errc::Timeout:
                return std::errc::timed_out;
            case Errc::BodyTooLarge:
            case Errc::MessageTooLarge:
                return std::errc::message_size;
            default:
                return {value, *this};
        }
    }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const Category category;
    return category;
}

Status status_of(Errc error) noexcept {
    switch (error) {
        case Errc::TargetTooLong:
            return Status::UriTooLong;
        case Errc::HeadersTooLarge:
            return Status::RequestHeaderFieldsTooLarge;
        case Errc::BodyTooLarge:
        case Errc::MessageTooLarge:
            return Status::ContentTooLarge;
        case Errc::HeaderTimeout:
        case Errc::BodyTimeout:
            return Status::RequestTimeout;
        case Errc::UnknownMethod:
        case Errc::UnknownTransferEncoding:
            return Status::NotImplemented;
        case Errc::UnsupportedVersion:
            return Status::HttpVersionNotSupported;
        case Errc::BadExpectation:
            return Status::ExpectationFailed;
        default:
            return error <= Errc::Truncated && error != Errc::BadStatusLine
                       ? Status::BadRequest
                       : Status::InternalServerError;
    }
}

Status status_of(const std::error_code& error) noexcept {
    return error.category() == error_category() ? status_of(Errc(error.value()))
                                                : Status::InternalServerError;
}

}  // namespace edo::http
