// SPDX-License-Identifier: MIT
#include "edo/net/http/server/input.hpp"

#include <array>
#include <cstdlib>
#include <cstring>

namespace edo::http::detail {

namespace {

/// Blocks that nobody uses, for the connections that this thread serves next: one request takes a
/// block and gives it back.
class Blocks {
public:
    Blocks() = default;
    Blocks(const Blocks&) = delete;
    Blocks& operator=(const Blocks&) = delete;
    ~Blocks() {
        while (count_ > 0) {
            std::free(blocks_[--count_]);
        }
    }

    [[nodiscard]] char* take() noexcept {
        return count_ > 0 ? blocks_[--count_] : static_cast<char*>(std::malloc(Input::kBlock));
    }
    void give(char* block) noexcept {
        if (count_ < blocks_.size()) {
            blocks_[count_++] = block;
        } else {
            std::free(block);
        }
    }

private:
    std::array<char*, 8> blocks_{};
    std::size_t count_ = 0;
};

// Only used by functions that are no coroutines and do not suspend.
thread_local Blocks blocks_of_thread;

}  // namespace

std::span<std::byte> Input::room() noexcept {
    if (end_ == capacity_) {
        if (begin_ > 0) {
            std::memmove(block_, block_ + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        } else if (!grow()) {
            return {};
        }
    }
    return std::as_writable_bytes(std::span(block_ + end_, capacity_ - end_));
}

bool Input::grow() noexcept {
    if (block_ == nullptr) {
        block_ = blocks_of_thread.take();
        capacity_ = block_ == nullptr ? 0 : kBlock;
        return block_ != nullptr;
    }
    char* const larger = static_cast<char*>(std::malloc(2 * capacity_));
    if (larger == nullptr) {
        return false;
    }
    std::memcpy(larger, block_, end_);
    const std::size_t end = end_;
    const std::size_t capacity = 2 * capacity_;
    release();
    block_ = larger;
    end_ = end;
    capacity_ = capacity;
    return true;
}

void Input::release() noexcept {
    if (capacity_ == kBlock) {
        blocks_of_thread.give(block_);
    } else {
        std::free(block_);
    }
    block_ = nullptr;
    begin_ = end_ = capacity_ = 0;
}

}  // namespace edo::http::detail
