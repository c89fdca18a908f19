// SPDX-License-Identifier: MIT
#include "edo/runtime/io/line.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/utf8.hpp"

#include <string_view>

namespace edo::detail {

Result<std::optional<std::string>> make_line(std::span<const std::byte> bytes, std::size_t limit) {
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.ends_with('\n')) {
        text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
    }
    if (text.size() > limit) {
        return failure(make_error_code(Errc::LimitExceeded));
    }
    if (!io::is_utf8(text)) {
        return failure(make_error_code(Errc::InvalidData));
    }
    return std::optional<std::string>(text);
}

}  // namespace edo::detail
