// SPDX-License-Identifier: MIT
#include "edo/runtime/reactor/io_source.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/reactor/reactor.hpp"
#include "edo/runtime/reactor/read_ahead.hpp"

#include <deque>
#include <mutex>
#include <unistd.h>
#include <utility>

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
    source->reads_directly_.store(false, std::memory_order_relaxed);
    for (Side& side : source->sides_) {
        // Starts as ready: the first operation is tried before anything is registered. The
        // generation goes on counting, so that a stale event of the previous descriptor is only a
        // spurious one.
        const std::uint32_t ready = side.ready.load(std::memory_order_relaxed) & ~kLasting;
        side.ready.store(ready, std::memory_order_relaxed);
        side.drained.store(ready - kNext, std::memory_order_relaxed);
    }
    return source;
}

int IoSource::release() noexcept {
    if (Reactor* const mine = home()) {
        mine->remove(*this);  // which may be the end of it
        const std::lock_guard guard(lock_);
        home_.store(0, std::memory_order_relaxed);
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

Reactor* IoSource::home() const noexcept {
    const ReadAhead* const ahead = read_ahead();
    return ahead != nullptr ? &ahead->home()
                            : reinterpret_cast<Reactor*>(home_.load(std::memory_order_relaxed));
}

void IoSource::set_home(ReadAhead& ahead) noexcept {
    // In one order with `reads_directly_`, see `stop_reading_ahead`.
    home_.store(reinterpret_cast<std::uintptr_t>(&ahead) + kReadsAhead, std::memory_order_seq_cst);
}

void IoSource::set_home(Reactor& home) noexcept {
    home_.store(reinterpret_cast<std::uintptr_t>(&home), std::memory_order_release);
}

bool IoSource::stop_reading_ahead() noexcept {
    // Either this thread finds the `ReadAhead`, or who registers it finds that there is no use for
    // it: each writes, then reads what the other one writes.
    if (may_read_ahead()) {
        reads_directly_.store(true, std::memory_order_seq_cst);
    }
    const bool reads_ahead = (home_.load(std::memory_order_seq_cst) & kReadsAhead) != 0;
    return !reads_ahead || read_ahead()->stop();
}

IoSource::Wait IoSource::wait(Direction direction, Leaf& leaf, std::error_code& error) noexcept {
    std::unique_lock guard(lock_);
    if (home() == nullptr && !shut_down_) {
        const std::shared_ptr<Reactor> first = reactor_for_current_task();
        if (first == nullptr) {
            error = Errc::RuntimeShutdown;
            return Wait::Failed;
        }
        set_home(*first);
        // Registering makes a system call and takes the reactor's lock. Another task that waits in
        // the meantime only links its leaf, and is asked for afterwards.
        is_registering_ = true;
        guard.unlock();
        error = first->add(*this);
        guard.lock();
        is_registering_ = false;
        if (error) {
            home_.store(0, std::memory_order_relaxed);
        }
        for (const Direction each : {Direction::Read, Direction::Write, Direction::Except}) {
            if (!error && waiting_.has(tag(each))) {
                error = first->want(*this, each);
            }
        }
        if (error) {
            waiting_.wake_all();  // they try again, and see the error for themselves
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
        error = home()->want(*this, direction);
        if (error) {
            return Wait::Failed;
        }
    }
    waiting_.push_back(leaf, tag(direction));
    return Wait::Waiting;
}

void IoSource::stop_waiting(Leaf& leaf) noexcept {
    std::unique_lock guard(lock_);
    if (leaf.is_linked()) {
        waiting_.remove(leaf);
        guard.unlock();
        leaf.unbind();
    } else {
        guard.unlock();
        leaf.withdraw();
    }
}

void IoSource::set_blocked(Direction direction, std::uint32_t generation) noexcept {
    set_drained(direction, generation);
    if ((generation & kLasting) != 0) {
        // Fails after a later event than the call knew of, which stands. Relaxed: who reads what
        // this writes still synchronises with the event, whose release sequence it continues.
        side(direction).ready.compare_exchange_strong(generation, generation & ~kLasting,
                                                      std::memory_order_relaxed);
    }
}

void IoSource::deliver(Readiness readiness) noexcept {
    const std::lock_guard guard(lock_);
    if (readiness.readable || readiness.read_lasting) {
        wake(Direction::Read, readiness.read_lasting);
    }
    if (readiness.writable || readiness.write_lasting) {
        wake(Direction::Write, readiness.write_lasting);
    }
    if (readiness.except || readiness.except_lasting) {
        wake(Direction::Except, readiness.except_lasting);
    }
}

void IoSource::wake(Direction direction, bool lasting) noexcept {
    Side& s = side(direction);
    const std::uint32_t bit = lasting ? kLasting : 0;
    std::uint32_t now = s.ready.load(std::memory_order_relaxed);
    // Release pairs with `generation`. Others only take the bit away (`set_blocked`): without it
    // only this function writes, under the lock.
    if ((now & kLasting) == 0 ||
        !s.ready.compare_exchange_strong(now, (now + kNext) | bit, std::memory_order_release,
                                         std::memory_order_relaxed)) {
        s.ready.store(((now & ~kLasting) + kNext) | bit, std::memory_order_release);
    }
    // Under the lock: `stop_waiting` relies on delivery being over.
    waiting_.wake(tag(direction));
}

bool IoSource::has_waiter(Direction direction) noexcept {
    const std::lock_guard guard(lock_);
    return waiting_.has(tag(direction));
}

void IoSource::shut_down() noexcept {
    const std::lock_guard guard(lock_);
    shut_down_ = true;
    for (const Direction each : {Direction::Read, Direction::Write, Direction::Except}) {
        wake(each, false);
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
        if (size_ == 0) {
            self_ = shared_from_this();
        }
        ++size_;
        ++added_;
    }
    const std::error_code error = watch(source);
    if (error) {
        static_cast<void>(unlink(source));  // the caller keeps the reactor
    }
    return error;
}

/// The reactor itself if that was its last source: it may end with what is returned.
std::shared_ptr<Reactor> Reactor::unlink(IoSource& source) noexcept {
    const std::lock_guard guard(lock_);
    (source.previous_ != nullptr ? source.previous_->next_ : sources_) = source.next_;
    if (source.next_ != nullptr) {
        source.next_->previous_ = source.previous_;
    }
    source.next_ = nullptr;
    source.previous_ = nullptr;
    return --size_ == 0 ? std::move(self_) : nullptr;
}

void Reactor::remove(IoSource& source) noexcept {
    unwatch(source);
    const std::shared_ptr<Reactor> last = unlink(source);
}

void Reactor::shut_down() noexcept {
    on_shut_down();
    {
        const std::lock_guard guard(lock_);
        shut_down_ = true;
        // Lock order: reactor, then source. `IoSource::wait` lets go of its lock before it calls
        // `add`.
        for (IoSource* source = sources_; source != nullptr; source = source->next_) {
            source->shut_down();
        }
    }
    // Before the lock of the signals is taken: who waits from then on is refused.
    if (hears_signals_.exchange(false, std::memory_order_relaxed)) {
        retry_signal_waits();
    }
}

std::error_code Reactor::hear_signals(int descriptor) noexcept {
    // Relaxed: the lock of the signals orders this and the end in `shut_down`.
    if (hears_signals_.load(std::memory_order_relaxed)) {
        return {};
    }
    {
        const std::lock_guard guard(lock_);
        if (shut_down_) {
            return Errc::RuntimeShutdown;
        }
        hears_signals_.store(true, std::memory_order_relaxed);
    }
    const std::error_code error = watch_signals(descriptor);
    if (error) {
        hears_signals_.store(false, std::memory_order_relaxed);
    }
    return error;
}

std::uint64_t Reactor::added() noexcept {
    const std::lock_guard guard(lock_);
    return added_;
}

std::size_t Reactor::size() noexcept {
    const std::lock_guard guard(lock_);
    return size_;
}

}  // namespace edo::detail
