// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/mutex_guards.hpp"
#include "edo/runtime/sync/semaphore_core.hpp"

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace edo::sync {

/// A lock that may be held across `co_await`, around the value that it protects.
///
/// It is strictly fair: the lock goes to those who wait in the order in which they asked, and
/// nobody takes it past them. There is no poisoning: an exception that passes a guard unlocks, and
/// the value is what it was made.
///
/// Where no `co_await` happens under the lock, a `std::mutex` is the better choice. `Mutex<void>`
/// is a lock alone.
///
/// @par Cancel safety
/// Waiting for the lock is cancel safe, but loses the place in the queue. A lock that was handed to
/// a task which is then cancelled goes to the next one.
///
/// @par Thread safety
/// Everything but construction, destruction, `get_mut` and `into_inner` may be called from any
/// thread, inside any runtime or none.
///
/// @par Misuse
/// A task that locks a mutex which it has locked already waits for ever. The mutex must outlive its
/// guards and those who wait, except owned ones.
///
/// @par Example
/// @snippet sync.cpp mutex
template <class T = void>
class Mutex {
    using Value = NonVoid<T>;

public:
    using value_type = T;

    /// Makes the value of the arguments.
    template <class... Args>
        requires std::constructible_from<Value, Args...>
    explicit Mutex(Args&&... args) : value_(std::forward<Args>(args)...) {}

    class Lock;
    class LockOwned;

    /// Waits for the lock. Yields a `MutexGuard<T>`.
    [[nodiscard]] Lock lock() noexcept { return Lock(*this); }
    /// The same; wait and guard keep the mutex alive. Yields an `OwnedMutexGuard<T>`.
    [[nodiscard]] static LockOwned lock_owned(std::shared_ptr<Mutex> mutex) noexcept {
        return LockOwned(std::move(mutex));
    }

    /// Locks if nobody holds the lock or waits for it; else nothing.
    [[nodiscard]] std::optional<MutexGuard<T>> try_lock() noexcept {
        if (core_.try_acquire(1) != detail::SemaphoreCore::Try::Acquired) {
            return std::nullopt;
        }
        return guard();
    }
    [[nodiscard]] static std::optional<OwnedMutexGuard<T>> try_lock_owned(
        std::shared_ptr<Mutex> mutex) noexcept {
        if (mutex->core_.try_acquire(1) != detail::SemaphoreCore::Try::Acquired) {
            return std::nullopt;
        }
        return owned_guard(std::move(mutex));
    }

    /// Blocks the calling thread until it has the lock: for threads that run no tasks.
    /// @throws UsageError if the thread runs tasks.
    [[nodiscard]] MutexGuard<T> blocking_lock() {
        detail::blocking_acquire("Mutex::blocking_lock", core_, 1);
        return guard();
    }
    [[nodiscard]] static OwnedMutexGuard<T> blocking_lock_owned(std::shared_ptr<Mutex> mutex) {
        detail::blocking_acquire("Mutex::blocking_lock_owned", mutex->core_, 1);
        return owned_guard(std::move(mutex));
    }

    /// The value, without locking: while no other thread can use the mutex.
    /// @throws UsageError if it is locked.
    [[nodiscard]] Value& get_mut()
        requires(!std::is_void_v<T>)
    {
        check_unlocked("Mutex::get_mut");
        return value_;
    }
    /// Moves the value out, at the end of the mutex.
    /// @throws UsageError if it is locked.
[[nodiscard]] Value into_inner() &&
    requires(!std::is_void_v<T>) {
        check_unlocked("Mutex::into_inner");
        return std::move(value_);
    }

    private : friend class detail::LockedMutex<T>;

    void check_unlocked(const char* what) const {
        if (core_.available() == 0) {
            throw UsageError(std::string("edo: ") + what +
                             ": somebody holds the lock; use the value through a guard");
        }
    }

    // Each makes a guard of a mutex that has been locked.
    MutexGuard<T> guard() noexcept { return MutexGuard<T>(detail::LockedMutex<T>(*this)); }
    static OwnedMutexGuard<T> owned_guard(std::shared_ptr<Mutex> mutex) noexcept {
        T* const value = mutex->part();
        detail::Permits lock(mutex->core_, 1);
        return OwnedMutexGuard<T>(detail::OwnedPermits<Mutex>(std::move(mutex), std::move(lock)),
                                  value);
    }
    T* part() noexcept {
        if constexpr (std::is_void_v<T>) {
            return nullptr;
        } else {
            return std::addressof(value_);
        }
    }

    detail::SemaphoreCore core_{1};
    [[no_unique_address]] Value value_;
};

/// What `lock` returns: locks when it is awaited, each time anew.
template <class T>
class [[nodiscard("lock() does nothing until it is awaited")]] Mutex<T>::Lock {
public:
    class Awaiter : public detail::AcquireWait {
    public:
        explicit Awaiter(Mutex& mutex) noexcept : AcquireWait(mutex.core_, 1), mutex_(&mutex) {}
        [[nodiscard]] MutexGuard<T> await_resume() const noexcept { return mutex_->guard(); }

    private:
        Mutex* mutex_;
    };
    Awaiter operator co_await() const noexcept { return Awaiter(*mutex_); }

private:
    friend class Mutex;
    explicit Lock(Mutex& mutex) noexcept : mutex_(&mutex) {}

    Mutex* mutex_;
};

/// What `lock_owned` returns.
template <class T>
class [[nodiscard("lock_owned() does nothing until it is awaited")]] Mutex<T>::LockOwned {
public:
    class Awaiter : public detail::AcquireWait {
    public:
        explicit Awaiter(std::shared_ptr<Mutex> mutex) noexcept
            : AcquireWait(mutex->core_, 1), mutex_(std::move(mutex)) {}
        ~Awaiter() { stop(); }  // before the mutex may go
        [[nodiscard]] OwnedMutexGuard<T> await_resume() noexcept {
            return owned_guard(std::move(mutex_));
        }

    private:
        std::shared_ptr<Mutex> mutex_;
    };
    Awaiter operator co_await() const& noexcept { return Awaiter(mutex_); }
    Awaiter operator co_await() && noexcept { return Awaiter(std::move(mutex_)); }

private:
    friend class Mutex;
    explicit LockOwned(std::shared_ptr<Mutex> mutex) noexcept : mutex_(std::move(mutex)) {}

    std::shared_ptr<Mutex> mutex_;
};

}  // namespace edo::sync
