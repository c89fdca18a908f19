// SPDX-License-Identifier: MIT
#include "edo/net/http/boundary.hpp"

#include <cstdint>
#include <random>
#include <string_view>

namespace edo::http::detail {

std::string make_boundary() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::random_device random;
    std::string boundary = "edo-";
    for (int word = 0; word < 4; ++word) {
        std::uint32_t bits = random();
        for (int digit = 0; digit < 8; ++digit, bits >>= 4) {
            boundary += kDigits[bits & 15];
        }
    }
    return boundary;
}

}  // namespace edo::http::detail
