// SPDX-License-Identifier: MIT
// The memory that a modelled execution allocates: a range of its own, always at the same addresses,
// in which nothing is used twice. So a freed block stays known as freed until the execution ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace edo::model {

class Heap {
public:
    enum class State : std::uint8_t { Outside, Live, Freed };
    struct Block {
        std::uintptr_t begin;
        std::size_t size;
        const void* allocated_at;
        const void* freed_at;
    };

    Heap();
    void reset() noexcept;

    [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment, const void* pc);
    [[nodiscard]] bool owns(const void* address) const noexcept {
        const auto at = reinterpret_cast<std::uintptr_t>(address);
        return at >= begin_ && at < begin_ + kSize;
    }
    /// The live block that begins there; null for anything else.
    [[nodiscard]] Block* block_at(const void* address) noexcept;
    void free(Block& block, const void* pc) noexcept;

    /// Whether all of the range lies in live blocks. Only for addresses that the heap owns.
    [[nodiscard]] State state(std::uintptr_t address, std::size_t size) const noexcept;
    /// The block that holds the address, live or freed; null for none.
    [[nodiscard]] const Block* find(std::uintptr_t address) const noexcept;
    /// A block that was not freed; null for none.
    [[nodiscard]] const Block* first_leak() const noexcept;

private:
    static constexpr std::size_t kSize = std::size_t{8} << 20;
    static constexpr std::size_t kUnit = 16;

    std::uintptr_t begin_;
    std::size_t used_ = 0;
    std::size_t live_ = 0;
    std::vector<State> states_;  // of each unit
    std::vector<Block> blocks_;  // by address
};

}  // namespace edo::model
