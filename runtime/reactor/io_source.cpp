// SPDX-License-Identifier: MIT
#include "edo/runtime/reactor/io_source.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/reactor/reactor.hpp"

#include <deque>
#include <mutex>
#include <unistd.h>

namespace edo::detail {

/// All sources of the process. Lives for ever: sockets may outlive their runtime, and even `main`.
class IoSourcePool {
public:
    static IoSourcePool& instance() {
        static auto* const pool = new IoSourcePool;  // never destroyed
        return *pool;
    }

    IoSource* take() {
        const std::lock_guard guard(lock_);
        if (IoSource* const source = free_) {
            free_ = source->next_;
            source->next_ = nullptr;
            return source;
        }
        constexpr std::size_t kChunk = 64;
        chunks_.emplace_back(new IoSource[kChunk]);
        IoSource* const chunk = chunks_.back().get();
        for (std::size_t i = 1; i < kChunk; ++i) {
            chunk[i].next_ = free_;
            free_ = &chunk[i];
        }
        return &chunk[0];
    }

    void give_back(IoSource& source) noexcept {
        const std::lock_guard guard(lock_);
        source.next_ = free_;
        free_ = &source;
    }

private:
    std::mutex lock_;
    IoSource* free_ = nullptr;
    std::deque<std::unique_ptr<IoSource[]>> chunks_;
};

IoSource* IoSource::open(int descriptor) {
    try {
        IoSource* const source = borrow(descriptor);
        source->is_borrowed_ = false;
        return source;
    } catch (...) {
        ::close(descriptor);
        throw;
    }
}

IoSource* IoSource::borrow(int descriptor) {
    IoSource* const source = IoSourcePool::instance().take();
    const std::lock_guard guard(source->lock_);
    source->descriptor_ = descriptor;
    source->is_borrowed_ = true;
    source->shut_down_ = false;
    for (Side& side : source->sides_) {
        // Starts as ready: the first operation is tried before anything is registered. The
        // generation goes on counting, so that a stale event of the previous descriptor is only a
        // spurious one.
        side.drained.store(side.ready.load(std::memory_order_relaxed) - 1,
                           std::memory_order_relaxed);
        side.lasting.store(kNotLasting, std::memory_order_relaxed);
    }
    return source;
}

int IoSource::release() noexcept {
    if (home_ != nullptr) {
        home_->remove(*this);
        const std::lock_guard guard(lock_);
        home_.reset();
    }
    const int descriptor = descriptor_;
    descriptor_ = -1;
    IoSourcePool::instance().give_back(*this);
    return descriptor;
}

void IoSource::close() noexcept {
    const int descriptor = release();
    ::close(descriptor);
}

IoSource::Wait IoSource::wait(Direction direction, Leaf& leaf, std::error_code& error) noexcept {
    std::unique_lock guard(lock_);
    if (home_ == nullptr && !shut_down_) {
        home_ = reactor_for_current_task();
        if (home_ == nullptr) {
            error = Errc::RuntimeShutdown;
            return Wait::Failed;
        }
        // Registering makes a system call and takes the reactor's lock. Another task that waits in
        // the meantime only links its leaf, and is asked for afterwards.
        is_registering_ = true;
        guard.unlock();
        error = home_->add(*this);
        guard.lock();
        is_registering_ = false;
        if (error) {
            home_.reset();
        }
        for (const Direction each : {Direction::Read, Direction::Write}) {
            if (!error && !side(each).waiting.empty()) {
                error = home_->want(*this, each);
            }
        }
        if (error) {
            for (Side& s : sides_) {
                s.waiting.wake_all();  // they try again, and see the error for themselves
            }
            return Wait::Failed;
        }
    }
    if (shut_down_) {
        error = Errc::RuntimeShutdown;
        return Wait::Failed;
    }
    if (may_be_ready(direction)) {
        return Wait::Retry;
    }
    if (!is_registering_) {
        error = home_->want(*this, direction);
        if (error) {
            return Wait::Failed;
        }
    }
    side(direction).waiting.push_back(leaf);
    return Wait::Waiting;
}

void IoSource::stop_waiting(Direction direction, Leaf& leaf) noexcept {
    std::unique_lock guard(lock_);
    if (leaf.is_linked()) {
        side(direction).waiting.remove(leaf);
        guard.unlock();
        leaf.unbind();
    } else {
        guard.unlock();
        leaf.withdraw();
    }
}

void IoSource::set_blocked(Direction direction, std::uint32_t generation) noexcept {
    Side& s = side(direction);
    set_drained(direction, generation);
    std::uint64_t lasting = s.lasting.load(std::memory_order_relaxed);
    // A later event than the call knew of stands.
    if (lasting != kNotLasting && std::int32_t(generation - std::uint32_t(lasting)) >= 0) {
        s.lasting.compare_exchange_strong(lasting, kNotLasting, std::memory_order_relaxed);
    }
}

void IoSource::deliver(Readiness readiness) noexcept {
    const std::lock_guard guard(lock_);
    if (readiness.readable || readiness.read_lasting) {
        wake(side(Direction::Read), readiness.read_lasting);
    }
    if (readiness.writable || readiness.write_lasting) {
        wake(side(Direction::Write), readiness.write_lasting);
    }
}

void IoSource::wake(Side& s, bool lasting) noexcept {
    // Only this function writes `ready`, under the lock. Release pairs with `generation`: who reads
    // the new one also sees `lasting`.
    const std::uint32_t generation = s.ready.load(std::memory_order_relaxed) + 1;
    if (lasting) {
        s.lasting.store(kLasting | generation, std::memory_order_relaxed);
    }
    s.ready.store(generation, std::memory_order_release);
    s.waiting.wake_all();  // under the lock: `stop_waiting` relies on delivery being over
}

bool IoSource::has_waiter(Direction direction) noexcept {
    const std::lock_guard guard(lock_);
    return !side(direction).waiting.empty();
}

void IoSource::shut_down() noexcept {
    const std::lock_guard guard(lock_);
    shut_down_ = true;
    for (Side& s : sides_) {
        wake(s, false);
    }
}

// ---- reactor: the list of registered sources ---------------------------------------------------

std::error_code Reactor::add(IoSource& source) noexcept {
    {
        const std::lock_guard guard(lock_);
        if (shut_down_) {
            return Errc::RuntimeShutdown;
        }
        source.previous_ = nullptr;
        source.next_ = sources_;
        if (sources_ != nullptr) {
            sources_->previous_ = &source;
        }
        sources_ = &source;
        ++size_;
    }
    const std::error_code error = watch(source);
    if (error) {
        unlink(source);
    }
    return error;
}

void Reactor::unlink(IoSource& source) noexcept {
    const std::lock_guard guard(lock_);
    (source.previous_ != nullptr ? source.previous_->next_ : sources_) = source.next_;
    if (source.next_ != nullptr) {
        source.next_->previous_ = source.previous_;
    }
    source.next_ = nullptr;
    source.previous_ = nullptr;
    --size_;
}

void Reactor::remove(IoSource& source) noexcept {
    unwatch(source);
    unlink(source);
}

void Reactor::shut_down() noexcept {
    on_shut_down();
    const std::lock_guard guard(lock_);
    shut_down_ = true;
    // Lock order: reactor, then source. `IoSource::wait` lets go of its lock before it calls `add`.
    for (IoSource* source = sources_; source != nullptr; source = source->next_) {
        source->shut_down();
    }
}

std::size_t Reactor::size() noexcept {
    const std::lock_guard guard(lock_);
    return size_;
}

}  // namespace edo::detail
