// SPDX-License-Identifier: MIT
// An io_uring and the buffers that it receives into.
//
// The kernel takes submissions, and does its own share of the work, only on the thread that has
// enabled the ring (SINGLE_ISSUER, DEFER_TASKRUN): so it never touches a buffer or a queue behind
// that thread's back. All functions but the constructor, `open` and `close` are for that thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <liburing.h>
#include <memory>
#include <optional>

namespace edo::detail {

/// Memory for what is received. It outlives the rings that fill it: bytes may be waiting for their
/// reader when a ring is closed.
class UringBuffers {
public:
    static constexpr std::uint16_t kCount = 256;  // a power of two
    static constexpr std::size_t kSize = 4096;
    static constexpr std::uint16_t kNone = 0xffff;

    UringBuffers();

    /// What lies in a buffer, and its place in a list. Belongs to whoever holds the buffer.
    struct Slot {
        std::uint16_t next = kNone;
        bool is_held = false;  ///< it is not with the kernel
        std::uint32_t offset = 0;
        std::uint32_t size = 0;
    };

    [[nodiscard]] Slot& slot(std::uint16_t id) noexcept { return slots_[id]; }
    [[nodiscard]] std::byte* data(std::uint16_t id) noexcept { return memory_.get() + id * kSize; }

private:
    std::array<Slot, kCount> slots_;
    std::unique_ptr<std::byte[]> memory_;
};

class UringRing {
public:
    UringRing();
    ~UringRing() { close(); }
    UringRing(const UringRing&) = delete;
    UringRing& operator=(const UringRing&) = delete;

    /// Sets the ring up, still disabled. Returns 0 or the error.
    [[nodiscard]] int open() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return open_; }
    /// From now on the ring is this thread's. Provides all buffers that nobody holds.
    [[nodiscard]] int enable(UringBuffers& buffers) noexcept;
    /// Cancels what is in flight. What it had received and not reported was not received.
    void close() noexcept;

    /// An empty entry of the submission queue.
    [[nodiscard]] io_uring_sqe* entry() noexcept;
    /// Submits, and lets the kernel do its work, without waiting.
    void submit() noexcept;
    /// The same, and waits for a completion up to `timeout` (none: for ever).
    void wait(std::optional<std::chrono::milliseconds> timeout) noexcept;

    /// The oldest completion, or null; `pop` ends its use.
    [[nodiscard]] io_uring_cqe* completion() noexcept;
    void pop() noexcept { io_uring_cq_advance(&ring_, 1); }

    /// Gives a buffer to the kernel.
    void provide(UringBuffers& buffers, std::uint16_t id) noexcept;

private:
    io_uring ring_{};
    bool open_ = false;
    struct Free {
        void operator()(io_uring_buf_ring* ring) const noexcept;
    };
    std::unique_ptr<io_uring_buf_ring, Free> buffer_ring_;
};

}  // namespace edo::detail
