// SPDX-License-Identifier: MIT
#include "edo/net/http/server/date.hpp"

#include "edo/net/http/h1/encoder.hpp"

#include <cstdint>
#include <ctime>
#include <string>

namespace edo::http::detail {

std::string_view current_date() {
    struct Cached {
        std::int64_t second = -1;
        std::string text;
    };
    thread_local Cached cached;
    const std::int64_t second = std::time(nullptr);
    if (second != cached.second) {
        cached.text = h1::http_date(second);
        cached.second = second;
    }
    return cached.text;
}

}  // namespace edo::http::detail
