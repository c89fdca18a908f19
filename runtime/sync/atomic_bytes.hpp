// SPDX-License-Identifier: MIT
// Small values that are copied byte by byte while another thread may write them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace edo::detail {

/// Up to a cache line.
template <class T>
inline constexpr bool kCopiedBytewise =
    std::is_trivially_copyable_v<T> && std::is_copy_constructible_v<T> && sizeof(T) <= 64;

/// The bytes of a value that is written by one thread at a time and copied by any. Whether a copy
/// is whole, the owner of this finds out by a word that the writer changes before and after, as in
/// a sequence lock. See H. Boehm, "Can seqlocks get along with programming language memory
/// models?", 2012.
///
/// Words are stored with release and loaded with acquire: whoever has copied a word of a later
/// value sees, when it then looks at the owner's word, what its writer had stored there before.
template <class T>
class AtomicBytes {
public:
    void store(const T& value) noexcept {
        Bytes bytes{};
        std::memcpy(bytes.data(), &value, sizeof(T));
        for (std::size_t i = 0; i < kWords; ++i) {
            words_[i].store(bytes[i], std::memory_order_release);
        }
    }
    void load(std::byte* to) const noexcept {
        Bytes bytes;
        for (std::size_t i = 0; i < kWords; ++i) {
            bytes[i] = words_[i].load(std::memory_order_acquire);
        }
        std::memcpy(to, bytes.data(), sizeof(T));
    }

private:
    static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;
    using Bytes = std::array<std::uint64_t, kWords>;

    std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace edo::detail
