// SPDX-License-Identifier: MIT
#include "edo/net/http/client/redirect.hpp"

#include "edo/net/http/error.hpp"

#include <string>
#include <utility>

namespace edo::http::detail {

namespace {

/// Encodes the characters that servers forget to encode. Others that are wrong stay.
std::string repair(std::string_view location) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    constexpr std::string_view kForgotten = " \"<>\\^`{|}";
    std::string repaired;
    repaired.reserve(location.size());
    for (const char c : location) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 || kForgotten.find(c) != std::string_view::npos) {
            repaired += '%';
            repaired += kDigits[byte >> 4];
            repaired += kDigits[byte & 15];
        } else {
            repaired += c;
        }
    }
    return repaired;
}

}  // namespace

bool is_redirect(Status status) noexcept {
    return status == Status::MovedPermanently || status == Status::Found ||
           status == Status::SeeOther || status == Status::TemporaryRedirect ||
           status == Status::PermanentRedirect;
}

Method redirected_method(Status status, Method method) noexcept {
    if (status == Status::SeeOther && method != Method::Head) {
        return Method::Get;
    }
    const bool is_old = status == Status::MovedPermanently || status == Status::Found;
    return is_old && method == Method::Post ? Method::Get : method;
}

Result<Uri> redirect_target(const Uri& from, std::string_view location) {
    std::string reference = repair(location);
    if (from.fragment() && reference.find('#') == std::string::npos) {
        reference += '#';
        reference += *from.fragment();
    }
    auto target = from.without_credentials().resolve(reference);
    if (!target) {
        return failure(make_error_code(Errc::BadRedirect));
    }
    return target->without_credentials();
}

void drop_credentials(Headers& headers) {
    for (const std::string_view name :
         {"Authorization", "Cookie", "Cookie2", "Proxy-Authorization", "WWW-Authenticate"}) {
        headers.remove(name);
    }
}

void drop_body_headers(Headers& headers) {
    for (const std::string_view name : {"Content-Type", "Content-Length", "Content-Encoding",
                                        "Content-Language", "Content-Location", "Content-Range",
                                        "Digest", "Last-Modified", "Transfer-Encoding", "Expect"}) {
        headers.remove(name);
    }
}

}  // namespace edo::http::detail
