// SPDX-License-Identifier: MIT
// The bytes that a connection sends, and therefore must get back.

#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace load {

/// An endless stream of random bytes that repeats after a prime number of them.
///
/// Every connection sends the stream from a place of its own on, so a byte that is lost, doubled,
/// moved, or given to another connection shows at once. Nothing is generated or copied to send:
/// each window is a piece of one table.
class ByteStream {
public:
    static constexpr std::size_t kWindow = 1 << 16;

    ByteStream() : table_(kPeriod + kWindow) {
        std::mt19937 random(1);  // the same bytes at each run
        for (std::size_t i = 0; i < table_.size(); ++i) {
            table_[i] = i < kPeriod ? static_cast<char>(random()) : table_[i - kPeriod];
        }
    }

    /// The bytes that follow `position`, at most `kWindow` of them.
    std::span<const char> window(std::uint64_t position, std::size_t size) const {
        return {table_.data() + position % kPeriod, size < kWindow ? size : kWindow};
    }

    /// Where the connection of this index starts.
    static std::uint64_t start_of(std::size_t connection) { return connection * 7919u % kPeriod; }

private:
    static constexpr std::size_t kPeriod = 65'521;

    std::vector<char> table_;
};

}  // namespace load
