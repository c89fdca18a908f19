// SPDX-License-Identifier: MIT
#include "edo/runtime/codec/buffer.hpp"

#include <algorithm>

namespace edo::codec {

std::vector<std::byte> Buffer::take(std::size_t count) {
    const auto bytes = data().first(std::min(count, size()));
    std::vector<std::byte> taken(bytes.begin(), bytes.end());
    bytes_.consume(bytes.size());
    return taken;
}

}  // namespace edo::codec
