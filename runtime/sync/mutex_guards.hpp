// SPDX-License-Identifier: MIT
// The guards of `Mutex`. All may be kept across `co_await`, moved, and unlocked by another thread
// than the one that locked.
#pragma once

#include "edo/runtime/sync/lock_guard.hpp"

#include <cstddef>
#include <memory>
#include <utility>

namespace edo::sync {

template <class T>
class Mutex;
template <class T>
class MappedMutexGuard;
template <class T, class Locked>
class OwnedMappedMutexGuard;

}  // namespace edo::sync

namespace edo::detail {

/// A locked mutex.
template <class T>
class LockedMutex {
public:
    explicit LockedMutex(sync::Mutex<T>& mutex) noexcept : mutex_(&mutex) {}
    LockedMutex(LockedMutex&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    LockedMutex& operator=(LockedMutex&& other) noexcept {
        LockedMutex old(std::move(*this));
        mutex_ = std::exchange(other.mutex_, nullptr);
        return *this;
    }
    ~LockedMutex() { give_back(); }

    [[nodiscard]] sync::Mutex<T>* mutex() const noexcept { return mutex_; }
    [[nodiscard]] std::size_t count() const noexcept { return mutex_ != nullptr ? 1 : 0; }
    void give_back() noexcept {
        if (mutex_ != nullptr) {
            std::exchange(mutex_, nullptr)->core_.release(1);
        }
    }
    [[nodiscard]] T* part() const noexcept { return mutex_->part(); }
    /// For a guard of a part, which does not know the mutex's type.
    [[nodiscard]] Permits lock() && noexcept { return {std::exchange(mutex_, nullptr)->core_, 1}; }

private:
    sync::Mutex<T>* mutex_;
};

struct MutexParts {
    template <class U>
    using Mapped = sync::MappedMutexGuard<U>;
};
template <class Locked>
struct OwnedMutexParts {
    template <class U>
    using Mapped = sync::OwnedMappedMutexGuard<U, Locked>;
};

}  // namespace edo::detail

namespace edo::sync {

/// Holds the lock of a `Mutex` and gives access to its value. The mutex must outlive it.
///
/// @par Misuse
/// A guard that was moved from or unlocked refers to nothing.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] MutexGuard
    : public detail::BasicGuard<T, detail::LockedMutex<T>, detail::MutexParts> {
public:
    /// The mutex that it belongs to; not for a guard that was moved from or unlocked.
    [[nodiscard]] Mutex<T>& mutex() const noexcept { return *this->hold().mutex(); }

    /// For the mutex.
    explicit MutexGuard(detail::LockedMutex<T> mutex) noexcept
        : MutexGuard::BasicGuard(std::move(mutex)) {}
};

/// Holds the lock of a `Mutex` and gives access to a part of its value; see `MutexGuard::map`.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] MappedMutexGuard
    : public detail::BasicGuard<T, detail::HeldPart<T, detail::Permits>, detail::MutexParts> {
public:
    /// For other guards.
    MappedMutexGuard(detail::Permits lock, T* part) noexcept
        : MappedMutexGuard::BasicGuard({std::move(lock), part}) {}
};

/// A guard that keeps its mutex alive; made by `Mutex::lock_owned`. Otherwise like `MutexGuard`.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] OwnedMutexGuard
    : public detail::BasicGuard<T, detail::HeldPart<T, detail::OwnedPermits<Mutex<T>>>,
                                detail::OwnedMutexParts<T>> {
public:
    /// The mutex that it belongs to.
    [[nodiscard]] const std::shared_ptr<Mutex<T>>& mutex() const noexcept {
        return this->hold().lock().lock();
    }

    /// For the mutex.
    OwnedMutexGuard(detail::OwnedPermits<Mutex<T>> lock, T* value) noexcept
        : OwnedMutexGuard::BasicGuard({std::move(lock), value}) {}
};

/// A guard of a part of the value, a `T` inside a `Locked`, that keeps the mutex alive; see
/// `OwnedMutexGuard::map`.
template <class T, class Locked>
class [[nodiscard("an unused guard unlocks at once")]] OwnedMappedMutexGuard
    : public detail::BasicGuard<T, detail::HeldPart<T, detail::OwnedPermits<Mutex<Locked>>>,
                                detail::OwnedMutexParts<Locked>> {
public:
    /// The mutex that it belongs to.
    [[nodiscard]] const std::shared_ptr<Mutex<Locked>>& mutex() const noexcept {
        return this->hold().lock().lock();
    }

    /// For other guards.
    OwnedMappedMutexGuard(detail::OwnedPermits<Mutex<Locked>> lock, T* part) noexcept
        : OwnedMappedMutexGuard::BasicGuard({std::move(lock), part}) {}
};

}  // namespace edo::sync
