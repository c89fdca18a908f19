// SPDX-License-Identifier: MIT
#include "edo/net/http/ws/connect.hpp"

#include "edo/net/http/base64.hpp"
#include "edo/net/http/ws/handshake.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <cstdint>

namespace edo::http::ws::detail {

namespace {

bool is_printable(std::string_view text) noexcept {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

}  // namespace

std::string new_key() {
    std::array<std::uint8_t, 16> bytes;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(Mask)) {
        const Mask random = random_mask();
        std::copy(random.begin(), random.end(), bytes.begin() + std::ptrdiff_t(at));
    }
    return http::detail::to_base64(
        std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string upgrade_request(std::string_view host, std::string_view target, std::string_view key) {
    if (!is_printable(host) || !is_printable(target)) {
        throw UsageError(
            "ws::connect: the host and the target must be text without blanks; "
            "encode others as %XX");
    }
    std::string request = "GET ";
    request.append(target).append(" HTTP/1.1\r\nHost: ").append(host);
    request.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13");
    request.append("\r\nSec-WebSocket-Key: ").append(key).append("\r\n\r\n");
    return request;
}

Result<void> check_answer(const Response& response, std::string_view key) {
    const bool is_accepted = response.status == Status::SwitchingProtocols &&
                             response.headers.has_token("Upgrade", "websocket") &&
                             response.headers.has_token("Connection", "Upgrade") &&
                             response.headers.get("Sec-WebSocket-Accept") == accept_key(key) &&
                             // Nothing was offered, so nothing may be chosen.
                             !response.headers.contains("Sec-WebSocket-Extensions") &&
                             !response.headers.contains("Sec-WebSocket-Protocol");
    if (!is_accepted) {
        return failure(make_error_code(Errc::NotAccepted));
    }
    return {};
}

}  // namespace edo::http::ws::detail
