// SPDX-License-Identifier: MIT
// epoll, and beside it an io_uring that receives for TCP streams.
//
// The ring sleeps, and epoll is one of the things it waits for. So everything that is not a read
// from a TCP stream works as with epoll: other descriptors, writes, `wake`.
//
// A stream's first read, and each after a receive has ended, makes the system call itself. When it
// would block, the kernel is given a multishot receive. It ends when the peer has closed, when the
// reader does not keep up (bytes then wait in the socket, where the peer feels it), or when buffers
// run out; then reads make system calls again, until one would block.
//
// Only the thread that turns the reactor touches the ring. When the worker has moved to another
// thread, that one opens a ring of its own. Other threads leave requests.
#pragma once

#include "edo/runtime/reactor/epoll_reactor.hpp"
#include "edo/runtime/reactor/uring_stream.hpp"

#include <atomic>
#include <cstdint>

namespace edo::detail {

class UringReactor final : public EpollReactor {
public:
    /// Throws `std::system_error` when the system refuses io_uring.
    UringReactor();
    ~UringReactor() override;

    Turned turn(std::optional<std::chrono::milliseconds> timeout) noexcept override;
    std::error_code want(IoSource& source, Direction direction) noexcept override;

    /// For streams: a buffer that has been read. Called with the stream's lock.
    void give_back(std::uint16_t id) noexcept;
    /// For streams: ends the receive. True where that has happened on return.
    bool stop_receiving(UringStream& stream) noexcept;
    /// For streams that outlive the runtime: the kernel receives nothing any more.
    [[nodiscard]] bool has_stopped() const noexcept {
        return is_over_.load(std::memory_order_seq_cst) &&
               !is_turning_.load(std::memory_order_seq_cst);
    }

protected:
    std::error_code watch(IoSource& source) noexcept override;
    void unwatch(IoSource& source) noexcept override;
    void on_shut_down() noexcept override;

private:
    /// Whether this thread may use the ring now.
    [[nodiscard]] bool owns_ring() const noexcept;
    void take_over() noexcept;
    Turned turn_ring(std::optional<std::chrono::milliseconds> timeout) noexcept;
    void close_ring() noexcept;
    [[nodiscard]] std::error_code read_by_epoll(UringStream& stream, IoSource& source) noexcept;
    void start_receive(UringStream& stream, int descriptor) noexcept;
    void cancel_receive(UringStream& stream) noexcept;
    bool end_receive(UringStream& stream) noexcept;
    void watch_epoll() noexcept;
    void request(UringStream& stream) noexcept;
    void serve_requests() noexcept;
    void serve(UringStream& stream) noexcept;
    void reap(Turned& turned, std::size_t most) noexcept;
    void on_receive(UringStream& stream, const io_uring_cqe& completion) noexcept;
    void unlink(UringStream& stream) noexcept;
    void free_stream(UringStream& stream) noexcept;

    UringBuffers buffers_;
    UringRing ring_;
    std::uint64_t thread_ = 0;     // whose the ring is. Only the thread that turns
    bool epoll_is_ready_ = false;  // as is this

    bool must_not_sleep_ = false;  // tasks have been woken before the wait
    // The kernel receives only while `is_turning_`, and not when `is_over_` was set before. Both
    // are written and read in one order: a thread that sees the end and no turn may read.
    std::atomic<bool> is_turning_{false};
    std::atomic<bool> is_over_{false};

    SpinLock lock_;  // guards the lists; may be taken with a stream's lock held
    UringStream* streams_ = nullptr;
    UringStream* requests_ = nullptr;
    std::uint16_t returned_ = UringBuffers::kNone;  // buffers read by other threads
    std::atomic<bool> has_ring_{true};  // false for good when a thread could not open one
};

}  // namespace edo::detail
