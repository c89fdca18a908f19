// SPDX-License-Identifier: MIT
#include "edo/runtime/io/memory_pipe.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <cstring>
#include <system_error>

namespace edo::detail {

MemoryPipe::MemoryPipe(std::size_t capacity)
    : capacity_(capacity), ring_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {
    if (capacity == 0) {
        throw UsageError("edo: a stream in memory needs room for at least one byte");
    }
}

template <class Copy>
void MemoryPipe::in_pieces(std::uint64_t position, std::size_t count, Copy copy) const noexcept {
    const std::size_t begin = position % capacity_;
    const std::size_t first = std::min(count, capacity_ - begin);
    copy(ring_.get() + begin, std::size_t{0}, first);
    copy(ring_.get(), first, count - first);
}

bool MemoryPipe::read(std::span<std::byte> to, Result<std::size_t>& result) noexcept {
    if (to.empty()) {
        result = std::size_t{0};
        return true;
    }
    // Whether it is closed is read first: then the bytes that came before are seen as well.
    const bool closed = writer_closed_.load(std::memory_order_seq_cst);
    const std::uint64_t position = read_.load(std::memory_order_relaxed);  // ours
    // Acquires the bytes that `write` has put in.
    const std::uint64_t available = written_.load(std::memory_order_seq_cst) - position;
    if (available == 0) {
        result = std::size_t{0};
        return closed;
    }
    const std::size_t count = std::min<std::uint64_t>(available, to.size());
    in_pieces(position, count, [to](const std::byte* ring, std::size_t offset, std::size_t size) {
        std::memcpy(to.data() + offset, ring, size);
    });
    read_.store(position + count, std::memory_order_seq_cst);  // releases the room
    wake(waiting_writer_);
    result = count;
    return true;
}

bool MemoryPipe::write(std::span<const std::byte> from, Result<std::size_t>& result) noexcept {
    if (from.empty()) {
        result = std::size_t{0};
        return true;
    }
    if (reader_closed_.load(std::memory_order_seq_cst) ||
        writer_closed_.load(std::memory_order_relaxed)) {
        result = failure(std::errc::broken_pipe);
        return true;
    }
    const std::uint64_t position = written_.load(std::memory_order_relaxed);  // ours
    // Acquires the room that `read` has made.
    const std::size_t room = capacity_ - (position - read_.load(std::memory_order_seq_cst));
    if (room == 0) {
        return false;
    }
    const std::size_t count = std::min(room, from.size());
    in_pieces(position, count, [from](std::byte* ring, std::size_t offset, std::size_t size) {
        std::memcpy(ring, from.data() + offset, size);
    });
    written_.store(position + count, std::memory_order_seq_cst);  // releases the bytes
    wake(waiting_reader_);
    result = count;
    return true;
}

void MemoryPipe::close_writer() noexcept {
    writer_closed_.store(true, std::memory_order_seq_cst);
    wake(waiting_reader_);
    wake(waiting_writer_);  // of this very side: its write fails
}

void MemoryPipe::close_reader() noexcept {
    reader_closed_.store(true, std::memory_order_seq_cst);
    wake(waiting_writer_);
}

void MemoryPipe::wake(Slot& slot) noexcept {
    if (slot.load(std::memory_order_seq_cst) == nullptr) {
        return;
    }
    // Acquire: the leaf was bound before it was published.
    if (Leaf* const leaf = slot.exchange(nullptr, std::memory_order_acq_rel)) {
        leaf->wake();
    }
}

bool PipeWait::await_ready() noexcept {
    charged_ = spend_budget();
    return charged_ && attempt_(*this);
}

bool PipeWait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    return !poll();
}

/// True when it is done, and idle again; else it waits.
bool PipeWait::poll() noexcept {
    Leaf* expected = nullptr;
    if (!slot_.compare_exchange_strong(expected, this, std::memory_order_seq_cst)) {
        second_ = true;
        unbind();
        return true;
    }
    if (!attempt_(*this)) {
        return false;  // whoever changes that finds the leaf
    }
    take_back();
    return true;
}

void PipeWait::take_back() noexcept {
    Leaf* mine = this;
    if (slot_.compare_exchange_strong(mine, nullptr, std::memory_order_acq_rel)) {
        unbind();
    } else {
        withdraw();  // on its way from a waker, or in the list of the next turn
    }
}

std::coroutine_handle<> PipeWait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<PipeWait&>(leaf);
    if (self.attempt_(self)) {
        return self.handle();
    }
    self.rebind();
    return self.poll() ? self.handle() : nullptr;
}

Result<std::size_t> PipeWait::await_resume() const {
    if (second_) {
        throw UsageError(
            "edo: two reads, or two writes, wait at one end of a stream in memory; let one task "
            "read and one write");
    }
    return result_;
}

PipeWait::~PipeWait() {
    if (is_suspended()) {
        take_back();
    }
}

}  // namespace edo::detail
