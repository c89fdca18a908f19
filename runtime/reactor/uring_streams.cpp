// SPDX-License-Identifier: MIT
// The part of the reactor that any thread may call: streams come, want bytes, and go.
#include "edo/runtime/reactor/uring_reactor.hpp"

#include <mutex>
#include <new>
#include <sys/socket.h>

namespace edo::detail {

namespace {

/// Whether all that comes from the descriptor comes by `recv`: unlike from a Unix socket, which may
/// have descriptors attached to its bytes.
bool is_tcp_stream(int descriptor) noexcept {
    const auto option = [descriptor](int name) {
        int value = -1;
        socklen_t size = sizeof value;
        return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
    };
    const int domain = option(SO_DOMAIN);
    return (domain == AF_INET || domain == AF_INET6) && option(SO_TYPE) == SOCK_STREAM &&
           option(SO_ACCEPTCONN) == 0;
}

UringStream* stream_of(const IoSource& source) noexcept {
    return static_cast<UringStream*>(source.read_ahead());
}

}  // namespace

std::error_code UringReactor::watch(IoSource& source) noexcept {
    if (!has_ring_.load(std::memory_order_relaxed) || source.is_borrowed() ||
        !source.may_read_ahead() || !is_tcp_stream(source.descriptor())) {
        return EpollReactor::watch(source);
    }
    auto* const stream = new (std::nothrow) UringStream(*this, buffers_, source);
    if (stream == nullptr) {
        return std::make_error_code(std::errc::not_enough_memory);
    }
    {
        const std::lock_guard guard(lock_);
        stream->next_ = streams_;
        if (streams_ != nullptr) {
            streams_->previous_ = stream;
        }
        streams_ = stream;
    }
    source.set_home(*stream);
    return {};
}

void UringReactor::unwatch(IoSource& source) noexcept {
    UringStream* const stream = stream_of(source);
    if (stream == nullptr) {
        EpollReactor::unwatch(source);
        return;
    }
    source.set_home(*this);
    bool cancels = false;
    bool requests = false;
    bool is_free = false;
    {
        const std::lock_guard guard(stream->lock_);
        stream->source_ = nullptr;
        stream->drop_bytes();
        if (stream->in_epoll_) {
            EpollReactor::unwatch(source);
        }
        cancels = stream->in_flight_ && owns_ring();
        requests = stream->in_flight_ && !cancels && !stream->requested_;
        if (requests) {
            request(*stream);
        }
        is_free = stream->may_be_freed();
    }
    if (cancels) {
        // Now: until then the kernel keeps the connection open.
        cancel_receive(*stream);
        is_turning_.store(true, std::memory_order_seq_cst);
        if (!is_over_.load(std::memory_order_seq_cst)) {
            ring_.submit();
        }
        is_turning_.store(false, std::memory_order_seq_cst);
    }
    if (requests) {
        wake();
    }
    if (is_free) {
        free_stream(*stream);
    }
}

std::error_code UringReactor::want(IoSource& source, Direction direction) noexcept {
    UringStream* const stream = stream_of(source);
    if (stream == nullptr) {
        return {};
    }
    const std::lock_guard guard(stream->lock_);
    if (direction != Direction::Read) {
        if (stream->in_epoll_) {
            return {};
        }
        const std::error_code error = watch_but_reads(source);
        stream->in_epoll_ = !error;
        return error;
    }
    if (!has_ring_.load(std::memory_order_relaxed) || !source.may_read_ahead()) {
        return read_by_epoll(*stream, source);
    }
    if (stream->in_flight_ || stream->requested_) {
        return {};
    }
    if (owns_ring()) {
        stream->in_flight_ = true;
        start_receive(*stream, source.descriptor());
    } else {
        request(*stream);
        wake();
    }
    return {};
}

std::error_code UringReactor::read_by_epoll(UringStream& stream, IoSource& source) noexcept {
    std::error_code error;
    if (!stream.reads_by_epoll_) {
        error = stream.in_epoll_ ? watch_reads_too(source) : EpollReactor::watch(source);
        stream.in_epoll_ = stream.in_epoll_ || !error;
        stream.reads_by_epoll_ = !error;
    }
    return error;
}

bool UringReactor::stop_receiving(UringStream& stream) noexcept {
    bool requests = false;
    {
        const std::lock_guard guard(stream.lock_);
        if ((!stream.in_flight_ && !stream.requested_) || has_stopped()) {
            return true;
        }
        requests = !owns_ring() && !stream.requested_;
        if (requests) {
            request(stream);
        }
    }
    if (requests) {
        wake();
    }
    return owns_ring() && end_receive(stream);
}

/// On the thread that has the ring: reaps until the last completion has come.
bool UringReactor::end_receive(UringStream& stream) noexcept {
    is_turning_.store(true, std::memory_order_seq_cst);
    bool in_flight = true;
    while (in_flight && !is_over_.load(std::memory_order_seq_cst)) {
        {
            const std::lock_guard guard(stream.lock_);
            in_flight = stream.in_flight_;
        }
        if (in_flight) {
            cancel_receive(stream);  // which may miss a receive that is about to run
            ring_.submit();
            Turned ignored;
            reap(ignored, UINT32_MAX);
        }
    }
    is_turning_.store(false, std::memory_order_seq_cst);
    return true;
}

void UringReactor::on_shut_down() noexcept {
    is_over_.store(true, std::memory_order_seq_cst);
    wake();
}

void UringReactor::give_back(std::uint16_t id) noexcept {
    if (owns_ring()) {
        ring_.provide(buffers_, id);
        return;
    }
    const std::lock_guard guard(lock_);
    buffers_.slot(id).next = returned_;
    returned_ = id;
}

void UringReactor::unlink(UringStream& stream) noexcept {
    (stream.previous_ != nullptr ? stream.previous_->next_ : streams_) = stream.next_;
    if (stream.next_ != nullptr) {
        stream.next_->previous_ = stream.previous_;
    }
}

void UringReactor::free_stream(UringStream& stream) noexcept {
    {
        const std::lock_guard guard(lock_);
        unlink(stream);
    }
    delete &stream;
}

/// With the stream's lock held.
void UringReactor::request(UringStream& stream) noexcept {
    stream.requested_ = true;
    const std::lock_guard guard(lock_);
    stream.next_request_ = requests_;
    requests_ = &stream;
}

}  // namespace edo::detail
