// SPDX-License-Identifier: MIT
#include "edo/net/http/ws/handshake.hpp"

#include "edo/net/http/base64.hpp"
#include "edo/net/http/headers.hpp"
#include "edo/net/http/method.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace edo::http::ws {

namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view kVersion = "13";

Response refusal(Status status, std::string why) {
    auto response = Response::text(std::move(why));
    response.status = status;
    response.headers.set("Sec-WebSocket-Version", kVersion);
    return response;
}

/// 16 bytes in base64.
bool is_key(std::string_view key) noexcept {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return key.size() == 24 && key.ends_with("==") &&
           key.substr(0, 22).find_first_not_of(kDigits) == std::string_view::npos;
}

}  // namespace

std::string accept_key(std::string_view key) {
    const std::string text = std::string(key).append(kGuid);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    // SHA-1 because RFC 6455 says so; it protects nothing here.
    if (::EVP_Digest(text.data(), text.size(), digest.data(), &size, ::EVP_sha1(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL offers no SHA-1, which a WebSocket needs");
    }
    return http::detail::to_base64(
        std::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

std::optional<Response> refuse(const Request& request) {
    if (request.method != Method::Get) {
        auto response = refusal(Status::MethodNotAllowed, "a WebSocket needs GET\n");
        response.headers.set("Allow", "GET");
        return response;
    }
    if (request.version != Version::Http11 || !request.headers.has_token("Upgrade", "websocket") ||
        !request.headers.has_token("Connection", "Upgrade")) {
        auto response = refusal(Status::UpgradeRequired, "here is a WebSocket\n");
        response.headers.set("Upgrade", "websocket");
        response.headers.set("Connection", "Upgrade");
        return response;
    }
    if (request.headers.get("Sec-WebSocket-Version") != kVersion) {
        return refusal(Status::UpgradeRequired, "only version 13 of WebSocket is spoken\n");
    }
    const auto key = request.headers.get("Sec-WebSocket-Key");
    if (!key || !is_key(*key)) {
        return refusal(Status::BadRequest, "Sec-WebSocket-Key must be 16 bytes in base64\n");
    }
    return std::nullopt;
}

bool is_same_origin(const Request& request) {
    const auto origin = request.headers.get("Origin");
    if (!origin) {
        return true;
    }
    const std::size_t scheme = origin->find("://");
    return scheme != std::string_view::npos &&
           http::detail::same_name(origin->substr(scheme + 3), request.host());
}

}  // namespace edo::http::ws
