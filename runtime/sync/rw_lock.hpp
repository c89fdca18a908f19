// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/sync/rw_lock_guards.hpp"
#include "edo/runtime/sync/semaphore_core.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace edo::sync {

/// How many readers a `RwLock` lets in at once.
class MaxReaders {
public:
    /// @throws UsageError for 0, and for more than `Semaphore::kMaxPermits`.
    explicit MaxReaders(std::size_t count);
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    std::size_t count_;
};

/// A lock with many readers or one writer at a time, around the value that it protects. It may be
/// held across `co_await`.
///
/// It is strictly fair, and hence prefers writers: all wait in one queue, so a reader that comes
/// after a waiting writer waits behind it, although others are still reading. There is no
/// poisoning.
///
/// @par Cancel safety
/// Waiting for the lock is cancel safe, but loses the place in the queue. A lock that was handed to
/// a task which is then cancelled goes to the next one.
///
/// @par Thread safety
/// Everything but construction, destruction, `get_mut` and `into_inner` may be called from any
/// thread, inside any runtime or none. The value is read by several threads at once.
///
/// @par Misuse
/// A task that holds the lock and locks it again may wait for ever: also for reading, when a writer
/// waits in between. The lock must outlive its guards and those who wait, except owned ones.
///
/// @par Example
/// @snippet sync.cpp rw_lock
template <class T>
class RwLock {
public:
    using value_type = T;

    /// Makes the value of the arguments.
    template <class... Args>
        requires std::constructible_from<T, Args...>
    explicit RwLock(Args&&... args)
        : RwLock(MaxReaders(kDefaultReaders), std::forward<Args>(args)...) {}
    /// The same, with a limit on the readers.
    template <class... Args>
        requires std::constructible_from<T, Args...>
    explicit RwLock(MaxReaders readers, Args&&... args)
        : core_(readers.count()), all_(readers.count()), value_(std::forward<Args>(args)...) {}

    class Read;
    class Write;
    class ReadOwned;
    class WriteOwned;

    /// Waits until it may read. Yields a `RwLockReadGuard<T>`.
    [[nodiscard]] Read read() noexcept { return Read(*this); }
    /// Waits until it is alone. Yields a `RwLockWriteGuard<T>`.
    [[nodiscard]] Write write() noexcept { return Write(*this); }
    /// The same; wait and guard keep the lock alive. Yields an `OwnedRwLockReadGuard<T>`.
    [[nodiscard]] static ReadOwned read_owned(std::shared_ptr<RwLock> lock) noexcept {
        return ReadOwned(std::move(lock));
    }
    /// The same; wait and guard keep the lock alive. Yields an `OwnedRwLockWriteGuard<T>`.
    [[nodiscard]] static WriteOwned write_owned(std::shared_ptr<RwLock> lock) noexcept {
        return WriteOwned(std::move(lock));
    }

    /// Locks for reading if that is possible at once, without overtaking a writer that waits.
    [[nodiscard]] std::optional<RwLockReadGuard<T>> try_read() noexcept {
        if (!try_acquire(1)) {
            return std::nullopt;
        }
        return reader();
    }
    /// Locks for writing if nobody holds the lock.
    [[nodiscard]] std::optional<RwLockWriteGuard<T>> try_write() noexcept {
        if (!try_acquire(all_)) {
            return std::nullopt;
        }
        return writer();
    }
    [[nodiscard]] static std::optional<OwnedRwLockReadGuard<T>> try_read_owned(
        std::shared_ptr<RwLock> lock) noexcept {
        if (!lock->try_acquire(1)) {
            return std::nullopt;
        }
        return owned_reader(std::move(lock));
    }
    [[nodiscard]] static std::optional<OwnedRwLockWriteGuard<T>> try_write_owned(
        std::shared_ptr<RwLock> lock) noexcept {
        if (!lock->try_acquire(lock->all_)) {
            return std::nullopt;
        }
        return owned_writer(std::move(lock));
    }

    /// Blocks the calling thread until it may read: for threads that run no tasks.
    /// @throws UsageError if the thread runs tasks.
    [[nodiscard]] RwLockReadGuard<T> blocking_read() {
        detail::blocking_acquire("RwLock::blocking_read", core_, 1);
        return reader();
    }
    /// Blocks the calling thread until it is alone: for threads that run no tasks.
    /// @throws UsageError if the thread runs tasks.
    [[nodiscard]] RwLockWriteGuard<T> blocking_write() {
        detail::blocking_acquire("RwLock::blocking_write", core_, all_);
        return writer();
    }

    /// The value, without locking: while no other thread can use the lock.
    /// @throws UsageError if it is locked.
    [[nodiscard]] T& get_mut() {
        check_unlocked("RwLock::get_mut");
        return value_;
    }
    /// Moves the value out, at the end of the lock.
    /// @throws UsageError if it is locked.
    [[nodiscard]] T into_inner() && {
        check_unlocked("RwLock::into_inner");
        return std::move(value_);
    }

private:
    static constexpr std::size_t kDefaultReaders = 536'870'911;  // Tokio's: u32::MAX >> 3

    bool try_acquire(std::size_t count) noexcept {
        return core_.try_acquire(count) == detail::SemaphoreCore::Try::Acquired;
    }
    void check_unlocked(const char* what) const {
        if (core_.available() != all_) {
            throw UsageError(std::string("edo: ") + what +
                             ": somebody holds the lock; use the value through a guard");
        }
    }

    // Each makes a guard of a lock that has been taken.
    RwLockReadGuard<T> reader() noexcept {
        return RwLockReadGuard<T>(detail::Permits(core_, 1), std::addressof(value_));
    }
    RwLockWriteGuard<T> writer() noexcept {
        return RwLockWriteGuard<T>(detail::Permits(core_, all_), std::addressof(value_));
    }
    static OwnedRwLockReadGuard<T> owned_reader(std::shared_ptr<RwLock> lock) noexcept {
        const T* const value = std::addressof(lock->value_);
        return OwnedRwLockReadGuard<T>(take(std::move(lock), 1), value);
    }
    static OwnedRwLockWriteGuard<T> owned_writer(std::shared_ptr<RwLock> lock) noexcept {
        T* const value = std::addressof(lock->value_);
        const std::size_t all = lock->all_;
        return OwnedRwLockWriteGuard<T>(take(std::move(lock), all), value);
    }
    static detail::OwnedPermits<RwLock> take(std::shared_ptr<RwLock> lock,
                                             std::size_t count) noexcept {
        detail::Permits permits(lock->core_, count);
        return detail::OwnedPermits<RwLock>(std::move(lock), std::move(permits));
    }

    detail::SemaphoreCore core_;  // a reader has one permit, a writer all
    std::size_t all_;
    T value_;
};

/// What `read` returns: locks when it is awaited, each time anew.
template <class T>
class [[nodiscard("read() does nothing until it is awaited")]] RwLock<T>::Read {
public:
    class Awaiter : public detail::AcquireWait {
    public:
        explicit Awaiter(RwLock& lock) noexcept : AcquireWait(lock.core_, 1), lock_(&lock) {}
        [[nodiscard]] RwLockReadGuard<T> await_resume() const noexcept { return lock_->reader(); }

    private:
        RwLock* lock_;
    };
    Awaiter operator co_await() const noexcept { return Awaiter(*lock_); }

private:
    friend class RwLock;
    explicit Read(RwLock& lock) noexcept : lock_(&lock) {}

    RwLock* lock_;
};

/// What `write` returns: locks when it is awaited, each time anew.
template <class T>
class [[nodiscard("write() does nothing until it is awaited")]] RwLock<T>::Write {
public:
    class Awaiter : public detail::AcquireWait {
    public:
        explicit Awaiter(RwLock& lock) noexcept
            : AcquireWait(lock.core_, lock.all_), lock_(&lock) {}
        [[nodiscard]] RwLockWriteGuard<T> await_resume() const noexcept { return lock_->writer(); }

    private:
        RwLock* lock_;
    };
    Awaiter operator co_await() const noexcept { return Awaiter(*lock_); }

private:
    friend class RwLock;
    explicit Write(RwLock& lock) noexcept : lock_(&lock) {}

    RwLock* lock_;
};

/// What `read_owned` returns.
template <class T>
class [[nodiscard("read_owned() does nothing until it is awaited")]] RwLock<T>::ReadOwned {
public:
    class Awaiter : public detail::AcquireWait {
    public:
        explicit Awaiter(std::shared_ptr<RwLock> lock) noexcept
            : AcquireWait(lock->core_, 1), lock_(std::move(lock)) {}
        ~Awaiter() { stop(); }  // before the lock may go
        [[nodiscard]] OwnedRwLockReadGuard<T> await_resume() noexcept {
            return owned_reader(std::move(lock_));
        }

    private:
        std::shared_ptr<RwLock> lock_;
    };
    Awaiter operator co_await() const& noexcept { return Awaiter(lock_); }
    Awaiter operator co_await() && noexcept { return Awaiter(std::move(lock_)); }

private:
    friend class RwLock;
    explicit ReadOwned(std::shared_ptr<RwLock> lock) noexcept : lock_(std::move(lock)) {}

    std::shared_ptr<RwLock> lock_;
};

/// What `write_owned` returns.
template <class T>
class [[nodiscard("write_owned() does nothing until it is awaited")]] RwLock<T>::WriteOwned {
public:
    class Awaiter : public detail::AcquireWait {
    public:
        explicit Awaiter(std::shared_ptr<RwLock> lock) noexcept
            : AcquireWait(lock->core_, lock->all_), lock_(std::move(lock)) {}
        ~Awaiter() { stop(); }  // before the lock may go
        [[nodiscard]] OwnedRwLockWriteGuard<T> await_resume() noexcept {
            return owned_writer(std::move(lock_));
        }

    private:
        std::shared_ptr<RwLock> lock_;
    };
    Awaiter operator co_await() const& noexcept { return Awaiter(lock_); }
    Awaiter operator co_await() && noexcept { return Awaiter(std::move(lock_)); }

private:
    friend class RwLock;
    explicit WriteOwned(std::shared_ptr<RwLock> lock) noexcept : lock_(std::move(lock)) {}

    std::shared_ptr<RwLock> lock_;
};

}  // namespace edo::sync
