// SPDX-License-Identifier: MIT
#include "checker/heap.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

namespace edo::model {

namespace {

/// At a fixed address, so that every run of a check sees the same values of pointers.
constexpr std::uintptr_t kPlace = 0x5E0000000000;

}  // namespace

Heap::Heap() : states_(kSize / kUnit, State::Outside) {
    void* const place = ::mmap(reinterpret_cast<void*>(kPlace), kSize, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) {
        std::perror("model: mmap");
        std::_Exit(2);
    }
    begin_ = reinterpret_cast<std::uintptr_t>(place);
}

void Heap::reset() noexcept {
    std::fill_n(states_.begin(), used_ / kUnit, State::Outside);
    used_ = 0;
    live_ = 0;
    blocks_.clear();
}

void* Heap::allocate(std::size_t size, std::size_t alignment, const void* pc) {
    alignment = std::max(alignment, kUnit);
    const std::size_t at = (used_ + alignment - 1) / alignment * alignment;
    const std::size_t units = (std::max<std::size_t>(size, 1) + kUnit - 1) / kUnit;
    const std::size_t end = at + (units + 1) * kUnit;  // one unit between blocks
    if (end > kSize) {
        std::fputs("model: one execution allocates too much memory\n", stderr);
        std::_Exit(2);
    }
    used_ = end;
    std::fill_n(states_.begin() + std::ptrdiff_t(at / kUnit), units, State::Live);
    blocks_.push_back({begin_ + at, size, pc, nullptr});
    ++live_;
    void* const block = reinterpret_cast<void*>(begin_ + at);
    std::memset(block, 0xA5, size);  // the same in each execution
    return block;
}

const Heap::Block* Heap::find(std::uintptr_t address) const noexcept {
    auto after =
        std::upper_bound(blocks_.begin(), blocks_.end(), address,
                         [](std::uintptr_t at, const Block& block) { return at < block.begin; });
    if (after == blocks_.begin()) {
        return nullptr;
    }
    const Block& block = *--after;
    return address < block.begin + std::max<std::size_t>(block.size, 1) ? &block : nullptr;
}

Heap::Block* Heap::block_at(const void* address) noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    auto* const block = const_cast<Block*>(find(at));
    return block != nullptr && block->begin == at && block->freed_at == nullptr ? block : nullptr;
}

void Heap::free(Block& block, const void* pc) noexcept {
    block.freed_at = pc;
    --live_;
    const std::size_t units = (std::max<std::size_t>(block.size, 1) + kUnit - 1) / kUnit;
    std::fill_n(states_.begin() + std::ptrdiff_t((block.begin - begin_) / kUnit), units,
                State::Freed);
}

Heap::State Heap::state(std::uintptr_t address, std::size_t size) const noexcept {
    const std::size_t last = (address + size - 1 - begin_) / kUnit;
    for (std::size_t unit = (address - begin_) / kUnit; unit <= last; ++unit) {
        if (unit >= states_.size() || states_[unit] != State::Live) {
            return unit >= states_.size() ? State::Outside : states_[unit];
        }
    }
    return State::Live;
}

const Heap::Block* Heap::first_leak() const noexcept {
    if (live_ == 0) {
        return nullptr;
    }
    const auto found = std::find_if(blocks_.begin(), blocks_.end(),
                                    [](const Block& block) { return block.freed_at == nullptr; });
    return &*found;
}

}  // namespace edo::model
