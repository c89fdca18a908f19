// SPDX-License-Identifier: MIT
#include "edo/runtime/reactor/uring_reactor.hpp"

#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/scheduler/worker.hpp"

#include <cerrno>
#include <mutex>
#include <poll.h>
#include <string>
#include <utility>

namespace edo::detail {

namespace {

// What a completion is about, beside the pointers to streams.
constexpr std::uint64_t kOfNothing = 0;
constexpr std::uint64_t kOfEpoll = 1;

/// A reader that leaves that many buffers is not served ahead any more.
constexpr std::uint16_t kMostHeld = 8;

/// Unlike the system's, these are not used again for other threads.
std::uint64_t id_of_this_thread() noexcept {
    static std::atomic<std::uint64_t> threads{0};
    thread_local constinit std::uint64_t id = 0;
    if (id == 0) {
        id = threads.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    return id;
}

/// Something to read; when a receive has ended, whatever the next read returns.
Readiness end_of_receive() noexcept {
    Readiness readiness;
    readiness.readable = true;
    readiness.read_lasting = true;
    return readiness;
}

std::uint64_t address_of(const UringStream& stream) noexcept {
    return reinterpret_cast<std::uintptr_t>(&stream);
}

}  // namespace

UringReactor::UringReactor() {
    if (const int error = ring_.open()) {
        throw std::system_error(error, std::generic_category(), "io_uring");
    }
}

UringReactor::~UringReactor() {
    ring_.close();
    while (UringStream* const stream = streams_) {
        free_stream(*stream);
    }
}

// ---- the thread that turns ---------------------------------------------------------------------

Reactor::Turned UringReactor::turn(std::optional<std::chrono::milliseconds> timeout) noexcept {
    is_turning_.store(true, std::memory_order_seq_cst);
    if (is_over_.load(std::memory_order_seq_cst)) {
        has_ring_.store(false, std::memory_order_relaxed);
        close_ring();
    }
    const Turned turned = turn_ring(timeout);
    is_turning_.store(false, std::memory_order_seq_cst);
    return turned;
}

Reactor::Turned UringReactor::turn_ring(std::optional<std::chrono::milliseconds> timeout) noexcept {
    take_over();
    serve_requests();
    if (std::exchange(must_not_sleep_, false) || epoll_is_ready_) {
        timeout = std::chrono::milliseconds(0);
    }
    if (!ring_.is_open()) {
        return EpollReactor::turn(timeout);
    }
    ring_.wait(timeout);
    Turned turned;
    reap(turned, kEventsPerTurn);
    if (epoll_is_ready_) {
        const Turned others = EpollReactor::turn(std::chrono::milliseconds(0));
        // The ring says once that epoll has become ready.
        epoll_is_ready_ = others.events + (others.woken ? 1 : 0) == kEventsPerTurn;
        turned.events += others.events;
        turned.woken = others.woken;
    }
    return turned;
}

bool UringReactor::owns_ring() const noexcept {
    const Worker* const worker = tls_context.worker;
    return worker != nullptr && worker->reactor().get() == this && thread_ == id_of_this_thread() &&
           ring_.is_open();
}

/// Makes sure that the ring is this thread's.
void UringReactor::take_over() noexcept {
    const std::uint64_t self = id_of_this_thread();
    if (thread_ == self || !has_ring_.load(std::memory_order_relaxed)) {
        return;
    }
    int error = 0;
    if (thread_ != 0) {
        close_ring();
        error = ring_.open();
    }
    thread_ = self;
    if (error == 0) {
        error = ring_.enable(buffers_);
    }
    if (error == 0) {
        watch_epoll();
        return;
    }
    ring_.close();
    log_info("io_uring can no longer be used, epoll takes its place: " +
             std::generic_category().message(error));
    has_ring_.store(false, std::memory_order_relaxed);
}

/// Who waits for bytes tries again, and asks anew.
void UringReactor::close_ring() noexcept {
    if (!ring_.is_open()) {
        return;
    }
    Turned ignored;
    reap(ignored, UINT32_MAX);  // what was received must not be lost
    ring_.close();
    must_not_sleep_ = true;
    const std::lock_guard guard(lock_);
    UringStream* following = nullptr;
    for (UringStream* stream = streams_; stream != nullptr; stream = following) {
        following = stream->next_;
        IoSource* source = nullptr;
        bool is_free = false;
        {
            const std::lock_guard stream_guard(stream->lock_);
            if (std::exchange(stream->in_flight_, false)) {
                source = stream->source_;
                is_free = stream->may_be_freed();
            }
        }
        if (source != nullptr) {
            source->deliver(end_of_receive());
        }
        if (is_free) {
            unlink(*stream);
            delete stream;
        }
    }
}

void UringReactor::watch_epoll() noexcept {
    io_uring_sqe* const entry = ring_.entry();
    io_uring_prep_poll_multishot(entry, epoll(), POLLIN);
    io_uring_sqe_set_data64(entry, kOfEpoll);
}

void UringReactor::start_receive(UringStream& stream, int descriptor) noexcept {
    io_uring_sqe* const entry = ring_.entry();
    io_uring_prep_recv_multishot(entry, descriptor, nullptr, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->ioprio |= IORING_RECVSEND_POLL_FIRST;  // a read has just found nothing
    io_uring_sqe_set_data64(entry, address_of(stream));
}

void UringReactor::cancel_receive(UringStream& stream) noexcept {
    io_uring_sqe* const entry = ring_.entry();
    io_uring_prep_cancel64(entry, address_of(stream), 0);
    io_uring_sqe_set_data64(entry, kOfNothing);
}

void UringReactor::reap(Turned& turned, std::size_t most) noexcept {
    for (std::size_t i = 0; i < most; ++i) {
        io_uring_cqe* const first = ring_.completion();
        if (first == nullptr) {
            return;
        }
        const io_uring_cqe completion = *first;
        ring_.pop();
        if (completion.user_data == kOfEpoll) {
            epoll_is_ready_ = true;
            if ((completion.flags & IORING_CQE_F_MORE) == 0) {
                watch_epoll();
            }
        } else if (completion.user_data != kOfNothing) {
            on_receive(*reinterpret_cast<UringStream*>(completion.user_data), completion);
            ++turned.events;
        }
    }
}

void UringReactor::on_receive(UringStream& stream, const io_uring_cqe& completion) noexcept {
    const bool is_last = (completion.flags & IORING_CQE_F_MORE) == 0;
    IoSource* source = nullptr;
    bool cancels = false;
    bool is_free = false;
    {
        const std::lock_guard guard(stream.lock_);
        source = stream.source_;
        if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
            const auto id = std::uint16_t(completion.flags >> IORING_CQE_BUFFER_SHIFT);
            buffers_.slot(id).is_held = true;
            if (source != nullptr && completion.res > 0) {
                stream.append(id, std::uint32_t(completion.res));
            } else {
                ring_.provide(buffers_, id);
            }
        } else if (completion.res < 0 && completion.res != -ECANCELED &&
                   completion.res != -ENOBUFS) {
            stream.error_ = -completion.res;
        }
        if (is_last) {
            stream.in_flight_ = false;
            is_free = stream.may_be_freed();
        } else {
            // Again and again: the kernel does not find a receive that is about to run.
            cancels = source == nullptr || !source->may_read_ahead() ||
                      (stream.held_ > 0 && stream.held_ % kMostHeld == 0);
        }
    }
    if (cancels) {
        cancel_receive(stream);  // it is in flight, so nobody else frees it
    }
    if (source != nullptr) {
        Readiness readiness = end_of_receive();
        readiness.read_lasting = is_last;  // a read finds the end, an error, or what is left
        source->deliver(readiness);
    } else if (is_free) {
        free_stream(stream);
    }
}

// ---- requests of other threads -----------------------------------------------------------------

void UringReactor::serve_requests() noexcept {
    UringStream* stream = nullptr;
    std::uint16_t id = UringBuffers::kNone;
    {
        const std::lock_guard guard(lock_);
        stream = std::exchange(requests_, nullptr);
        id = std::exchange(returned_, UringBuffers::kNone);
    }
    while (id != UringBuffers::kNone) {
        const std::uint16_t next = buffers_.slot(id).next;
        buffers_.slot(id).is_held = false;
        if (ring_.is_open()) {
            ring_.provide(buffers_, id);
        }
        id = next;
    }
    while (stream != nullptr) {
        UringStream* const next = stream->next_request_;
        serve(*stream);
        stream = next;
    }
}

void UringReactor::serve(UringStream& stream) noexcept {
    IoSource* source = nullptr;
    bool is_free = false;
    {
        const std::lock_guard guard(stream.lock_);
        stream.requested_ = false;
        is_free = stream.may_be_freed();
        if (!ring_.is_open()) {
            source = stream.source_;
        } else if (stream.in_flight_) {
            if (stream.source_ == nullptr || !stream.source_->may_read_ahead()) {
                cancel_receive(stream);
            }
        } else if (stream.source_ != nullptr) {
            if (stream.source_->may_read_ahead()) {
                stream.in_flight_ = true;
                start_receive(stream, stream.source_->descriptor());
            } else {
                source = stream.source_;
            }
        }
    }
    if (source != nullptr) {
        must_not_sleep_ = true;
        source->deliver(end_of_receive());  // its reader then waits for epoll
    } else if (is_free) {
        free_stream(stream);
    }
}

std::shared_ptr<Reactor> make_uring_reactor() {
    try {
        return std::make_shared<UringReactor>();
    } catch (const std::system_error& error) {
        log_info("io_uring cannot be used, epoll takes its place: " + error.code().message());
        return nullptr;
    }
}

}  // namespace edo::detail
