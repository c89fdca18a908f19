// SPDX-License-Identifier: MIT
// One TCP stream that an io_uring receives for.
//
// The kernel is given one multishot receive. Its results point to the stream and never to a frame,
// and its bytes lie in buffers of the reactor until a read takes them: a read that is dropped has
// taken nothing. A stream is freed when its source has gone and neither the kernel nor the queue of
// requests knows it any more.
#pragma once

#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/reactor/read_ahead.hpp"
#include "edo/runtime/reactor/uring_ring.hpp"

#include <cstdint>

namespace edo::detail {

class IoSource;
class UringReactor;

class UringStream final : public ReadAhead {
public:
    UringStream(UringReactor& reactor, UringBuffers& buffers, IoSource& source) noexcept;

    [[nodiscard]] std::optional<ssize_t> read(std::span<std::byte> buffer,
                                              Mode mode) noexcept override;
    bool stop() noexcept override;

private:
    friend class UringReactor;

    // With `lock_` held.
    void append(std::uint16_t id, std::uint32_t size) noexcept;
    [[nodiscard]] std::size_t copy(std::span<std::byte> buffer, Mode mode) noexcept;
    void pop() noexcept;
    void drop_bytes() noexcept;
    [[nodiscard]] bool may_be_freed() const noexcept {
        return source_ == nullptr && !in_flight_ && !requested_;
    }

    [[nodiscard]] UringReactor& reactor() const noexcept;

    UringBuffers& buffers_;

    SpinLock lock_;  // guards what follows
    IoSource* source_;
    std::uint16_t first_ = UringBuffers::kNone;  // received and not read yet
    std::uint16_t last_ = UringBuffers::kNone;
    std::uint16_t held_ = 0;  // how many
    bool in_flight_ = false;  // the kernel has the receive
    bool requested_ = false;  // it is in `UringReactor::requests_`
    bool in_epoll_ = false;   // for all but reads, or for all
    bool reads_by_epoll_ = false;
    int error_ = 0;  // that the receive ended with, until a read returns it

    UringStream* next_request_ = nullptr;  // guarded by the reactor's lock, as what follows
    UringStream* next_ = nullptr;
    UringStream* previous_ = nullptr;
};

}  // namespace edo::detail
