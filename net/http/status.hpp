// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace edo::http {

/// The status codes of the IANA registry. Any other number from 100 to 999 may be used as well:
/// `Status(299)`.
enum class Status : std::uint16_t {
    Continue = 100,
    SwitchingProtocols = 101,
    Processing = 102,
    EarlyHints = 103,
    Ok = 200,
    Created = 201,
    Accepted = 202,
    NonAuthoritativeInformation = 203,
    NoContent = 204,
    ResetContent = 205,
    PartialContent = 206,
    MultiStatus = 207,
    AlreadyReported = 208,
    ImUsed = 226,
    MultipleChoices = 300,
    MovedPermanently = 301,
    Found = 302,
    SeeOther = 303,
    NotModified = 304,
    UseProxy = 305,
    TemporaryRedirect = 307,
    PermanentRedirect = 308,
    BadRequest = 400,
    Unauthorized = 401,
    PaymentRequired = 402,
    Forbidden = 403,
    NotFound = 404,
    MethodNotAllowed = 405,
    NotAcceptable = 406,
    ProxyAuthenticationRequired = 407,
    RequestTimeout = 408,
    Conflict = 409,
    Gone = 410,
    LengthRequired = 411,
    PreconditionFailed = 412,
    ContentTooLarge = 413,
    UriTooLong = 414,
    UnsupportedMediaType = 415,
    RangeNotSatisfiable = 416,
    ExpectationFailed = 417,
    MisdirectedRequest = 421,
    UnprocessableContent = 422,
    Locked = 423,
    FailedDependency = 424,
    TooEarly = 425,
    UpgradeRequired = 426,
    PreconditionRequired = 428,
    TooManyRequests = 429,
    RequestHeaderFieldsTooLarge = 431,
    UnavailableForLegalReasons = 451,
    InternalServerError = 500,
    NotImplemented = 501,
    BadGateway = 502,
    ServiceUnavailable = 503,
    GatewayTimeout = 504,
    HttpVersionNotSupported = 505,
    VariantAlsoNegotiates = 506,
    InsufficientStorage = 507,
    LoopDetected = 508,
    NotExtended = 510,
    NetworkAuthenticationRequired = 511,
};

/// The phrase that belongs to the code, for example "Not Found"; empty for codes that are not in
/// the registry.
[[nodiscard]] std::string_view reason(Status status) noexcept;

/// 100 to 199: a real answer follows.
[[nodiscard]] constexpr bool is_informational(Status status) noexcept {
    return std::uint16_t(status) / 100 == 1;
}
/// 200 to 299.
[[nodiscard]] constexpr bool is_success(Status status) noexcept {
    return std::uint16_t(status) / 100 == 2;
}
/// 300 to 399.
[[nodiscard]] constexpr bool is_redirection(Status status) noexcept {
    return std::uint16_t(status) / 100 == 3;
}
/// 400 to 499.
[[nodiscard]] constexpr bool is_client_error(Status status) noexcept {
    return std::uint16_t(status) / 100 == 4;
}
/// 500 to 599.
[[nodiscard]] constexpr bool is_server_error(Status status) noexcept {
    return std::uint16_t(status) / 100 == 5;
}

/// Whether an answer with this status never has a body: 1xx, 204 and 304.
[[nodiscard]] constexpr bool has_no_body(Status status) noexcept {
    return is_informational(status) || status == Status::NoContent || status == Status::NotModified;
}

}  // namespace edo::http
