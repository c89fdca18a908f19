// SPDX-License-Identifier: MIT
#include "edo/runtime/io/byte_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace edo::detail {

ByteBuffer::ByteBuffer(ByteBuffer&& other) noexcept : initial_(other.initial_) {
    *this = std::move(other);
}

ByteBuffer& ByteBuffer::operator=(ByteBuffer&& other) noexcept {
    initial_ = other.initial_;
    capacity_ = std::exchange(other.capacity_, 0);
    memory_ = std::move(other.memory_);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    searched_ = std::exchange(other.searched_, 0);
    searched_for_ = other.searched_for_;
    return *this;
}

std::span<std::byte> ByteBuffer::prepare() {
    if (begin_ > capacity_ / 2) {
        move_to_front();  // less than half of the buffer, for room that is worth a system call
    } else if (end_ == capacity_) {
        grow();
    }
    return {memory_.get() + end_, capacity_ - end_};
}

void ByteBuffer::move_to_front() noexcept {
    std::memmove(memory_.get(), memory_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
}

void ByteBuffer::grow() {
    const std::size_t capacity = capacity_ == 0 ? initial_ : 2 * capacity_;
    auto memory = std::make_unique_for_overwrite<std::byte[]>(capacity);
    std::copy_n(memory_.get() + begin_, size(), memory.get());
    memory_ = std::move(memory);
    capacity_ = capacity;
    end_ -= begin_;
    begin_ = 0;
}

void ByteBuffer::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const std::span<std::byte> room = prepare();
        const std::size_t count = std::min(room.size(), bytes.size());
        std::copy_n(bytes.data(), count, room.data());
        commit(count);
        bytes = bytes.subspan(count);
    }
}

void ByteBuffer::consume(std::size_t count) noexcept {
    begin_ += count;
    searched_ -= std::min(count, searched_);
    if (begin_ == end_) {
        begin_ = 0;
        end_ = 0;
        if (capacity_ > initial_) {
            memory_.reset();
            capacity_ = 0;
        }
    }
}

std::optional<std::size_t> ByteBuffer::find(std::byte delimiter) noexcept {
    if (delimiter != searched_for_) {
        searched_for_ = delimiter;
        searched_ = 0;
    }
    const std::span<const std::byte> rest = data().subspan(searched_);
    const void* const found =
        rest.empty() ? nullptr : std::memchr(rest.data(), int(delimiter), rest.size());
    if (found == nullptr) {
        searched_ = size();
        return std::nullopt;
    }
    searched_ += std::size_t(static_cast<const std::byte*>(found) - rest.data());
    return searched_;
}

}  // namespace edo::detail
