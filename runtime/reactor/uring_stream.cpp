// SPDX-License-Identifier: MIT
#include "edo/runtime/reactor/uring_stream.hpp"

#include "edo/runtime/reactor/uring_reactor.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

namespace edo::detail {

UringStream::UringStream(UringReactor& reactor, UringBuffers& buffers, IoSource& source) noexcept
    : ReadAhead(reactor), buffers_(buffers), source_(&source) {}

UringReactor& UringStream::reactor() const noexcept {
    return static_cast<UringReactor&>(home());
}

bool UringStream::stop() noexcept {
    return reactor().stop_receiving(*this);
}

std::optional<ssize_t> UringStream::read(std::span<std::byte> buffer, Mode mode) noexcept {
    const std::lock_guard guard(lock_);
    if (buffer.empty()) {
        return 0;
    }
    if (const std::size_t count = copy(buffer, mode)) {
        return static_cast<ssize_t>(count);
    }
    if (error_ != 0) {
        errno = mode == Mode::Take ? std::exchange(error_, 0) : error_;
        return -1;
    }
    if ((in_flight_ || requested_) && !reactor().has_stopped()) {
        errno = EAGAIN;
        return -1;
    }
    return std::nullopt;
}

/// As much as fits. The copy is made with the lock held, which only the reactor may wait for, when
/// it turns on another thread.
std::size_t UringStream::copy(std::span<std::byte> buffer, Mode mode) noexcept {
    std::size_t copied = 0;
    std::uint16_t id = first_;
    while (id != UringBuffers::kNone && copied < buffer.size()) {
        UringBuffers::Slot& slot = buffers_.slot(id);
        const std::uint16_t next = slot.next;
        const std::size_t count = std::min<std::size_t>(slot.size, buffer.size() - copied);
        std::memcpy(buffer.data() + copied, buffers_.data(id) + slot.offset, count);
        copied += count;
        if (mode == Mode::Take) {
            slot.offset += static_cast<std::uint32_t>(count);
            slot.size -= static_cast<std::uint32_t>(count);
            if (slot.size == 0) {
                pop();
            }
        }
        id = next;
    }
    return copied;
}

void UringStream::append(std::uint16_t id, std::uint32_t size) noexcept {
    UringBuffers::Slot& slot = buffers_.slot(id);
    slot.next = UringBuffers::kNone;
    slot.offset = 0;
    slot.size = size;
    (held_ == 0 ? first_ : buffers_.slot(last_).next) = id;
    last_ = id;
    ++held_;
}

void UringStream::pop() noexcept {
    const std::uint16_t id = first_;
    first_ = buffers_.slot(id).next;
    --held_;
    reactor().give_back(id);
}

void UringStream::drop_bytes() noexcept {
    while (held_ > 0) {
        pop();
    }
}

}  // namespace edo::detail
