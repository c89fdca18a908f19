// SPDX-License-Identifier: MIT
#include "edo/runtime/reactor/uring_ring.hpp"

#include <cerrno>
#include <cstdlib>
#include <new>
#include <sys/syscall.h>
#include <unistd.h>

namespace edo::detail {

namespace {

constexpr unsigned kEntries = 256;
constexpr unsigned kCompletions = 4096;  // one for each of many connections that are ready at once
constexpr std::size_t kPage = 4096;
constexpr int kGroup = 0;

}  // namespace

UringBuffers::UringBuffers() : memory_(new std::byte[kCount * kSize]) {}

void UringRing::Free::operator()(io_uring_buf_ring* ring) const noexcept {
    std::free(ring);  // NOLINT: from `aligned_alloc`
}

UringRing::UringRing()
    : buffer_ring_(static_cast<io_uring_buf_ring*>(
          std::aligned_alloc(kPage, UringBuffers::kCount * sizeof(io_uring_buf)))) {
    if (buffer_ring_ == nullptr) {
        throw std::bad_alloc();
    }
}

int UringRing::open() noexcept {
    io_uring_params params{};
    params.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
                   IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
    params.cq_entries = kCompletions;
    int result = io_uring_queue_init_params(kEntries, &ring_, &params);
    if (result < 0) {
        return -result;
    }
    open_ = true;
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(buffer_ring_.get());
    registration.ring_entries = UringBuffers::kCount;
    registration.bgid = kGroup;
    io_uring_buf_ring_init(buffer_ring_.get());
    result = io_uring_register_buf_ring(&ring_, &registration, 0);
    if (result < 0) {
        close();
    }
    return -result;
}

int UringRing::enable(UringBuffers& buffers) noexcept {
    // `io_uring_enable_rings`, which liburing 2.3 declares and does not export.
    if (::syscall(SYS_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) !=
        0) {
        return errno;
    }
    for (std::uint16_t id = 0; id < UringBuffers::kCount; ++id) {
        if (!buffers.slot(id).is_held) {
            provide(buffers, id);
        }
    }
    return 0;
}

void UringRing::close() noexcept {
    if (open_) {
        open_ = false;
        io_uring_queue_exit(&ring_);
    }
}

io_uring_sqe* UringRing::entry() noexcept {
    for (;;) {
        if (io_uring_sqe* const entry = io_uring_get_sqe(&ring_)) {
            return entry;
        }
        io_uring_submit(&ring_);
    }
}

void UringRing::submit() noexcept {
    io_uring_submit_and_get_events(&ring_);
}

void UringRing::wait(std::optional<std::chrono::milliseconds> timeout) noexcept {
    // Errors are those of a wait that was cut short, or say that it is time to reap.
    if (!timeout) {
        io_uring_submit_and_wait(&ring_, 1);
        return;
    }
    if (timeout->count() <= 0) {
        submit();
        return;
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*timeout);
    __kernel_timespec limit{};
    limit.tv_sec = seconds.count();
    limit.tv_nsec = std::chrono::nanoseconds(*timeout - seconds).count();
    io_uring_cqe* first = nullptr;
    io_uring_submit_and_wait_timeout(&ring_, &first, 1, &limit, nullptr);
}

io_uring_cqe* UringRing::completion() noexcept {
    io_uring_cqe* first = nullptr;
    return io_uring_cq_ready(&ring_) > 0 && io_uring_peek_cqe(&ring_, &first) == 0 ? first
                                                                                   : nullptr;
}

void UringRing::provide(UringBuffers& buffers, std::uint16_t id) noexcept {
    buffers.slot(id).is_held = false;
    io_uring_buf_ring_add(buffer_ring_.get(), buffers.data(id), UringBuffers::kSize, id,
                          io_uring_buf_ring_mask(UringBuffers::kCount), 0);
    io_uring_buf_ring_advance(buffer_ring_.get(), 1);
}

}  // namespace edo::detail
