// SPDX-License-Identifier: MIT
#include "edo/net/http/uri/percent_equal.hpp"

#include "edo/net/http/uri/characters.hpp"

#include <cstddef>

namespace edo::http::detail {

bool percent_equal(std::string_view escaped, std::string_view plain) noexcept {
    std::size_t at = 0;
    for (const char c : plain) {
        if (at == escaped.size()) {
            return false;
        }
        char meant = escaped[at];
        if (meant == '%') {
            if (!is_uri_escape(escaped, at)) {
                return false;
            }
            meant = static_cast<char>(uri_hex_value(escaped[at + 1]) << 4 |
                                      uri_hex_value(escaped[at + 2]));
            at += 2;
        }
        if (meant != c) {
            return false;
        }
        ++at;
    }
    return at == escaped.size();
}

}  // namespace edo::http::detail
