// SPDX-License-Identifier: MIT
#include "edo/net/http/ws/error.hpp"

#include <string>

namespace edo::http::ws {

namespace {

class Category final : public std::error_category {
public:
    const char* name() const noexcept override { return "edo.websocket"; }

    std::string message(int value) const override {
        switch (static_cast<Errc>(value)) {
            case Errc::Protocol:
                return "the peer does not keep to the WebSocket protocol";
            case Errc::NotText:
                return "a text that is not UTF-8";
            case Errc::MessageTooLarge:
                return "a message larger than the limit";
            case Errc::Closed:
                return "the WebSocket was closed before";
            case Errc::NotAccepted:
                return "the server did not accept the WebSocket";
        }
        return "unknown error " + std::to_string(value);
    }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const Category category;
    return category;
}

bool close_code::is_valid(std::uint16_t code) noexcept {
    const bool is_reserved = code == 1004 || code == 1005 || code == 1006;
    return (code >= 1000 && code <= 1014 && !is_reserved) || (code >= 3000 && code <= 4999);
}

}  // namespace edo::http::ws
