// SPDX-License-Identifier: MIT
// The guards of `Mutex`.
#pragma once

#include "edo/runtime/sync/semaphore_core.hpp"

#include <memory>
#include <type_traits>
#include <utility>

namespace edo::sync {

template <class T>
class Mutex;
template <class T>
class MappedMutexGuard;
template <class T>
class OwnedMappedMutexGuard;

/// Holds the lock of a `Mutex` and gives access to its value. The mutex must outlive it.
///
/// It may be kept across `co_await`, moved, and unlocked by another thread than the one that
/// locked.
///
/// @par Misuse
/// A guard that was moved from or unlocked refers to nothing.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] MutexGuard {
public:
    MutexGuard(MutexGuard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    MutexGuard& operator=(MutexGuard&& other) noexcept {
        MutexGuard old(std::move(*this));
        mutex_ = std::exchange(other.mutex_, nullptr);
        return *this;
    }
    ~MutexGuard() { unlock(); }

    [[nodiscard]] std::add_lvalue_reference_t<T> operator*() const noexcept
        requires(!std::is_void_v<T>)
    {
        return mutex_->value_;
    }
    [[nodiscard]] T* operator->() const noexcept
        requires(!std::is_void_v<T>)
    {
        return std::addressof(mutex_->value_);
    }

    /// Unlocks before the guard goes out of scope.
    void unlock() noexcept {
        if (mutex_ != nullptr) {
            std::exchange(mutex_, nullptr)->core_.release(1);
        }
    }
    /// Whether it holds the lock.
    [[nodiscard]] bool owns_lock() const noexcept { return mutex_ != nullptr; }

    /// Narrows the guard, which is empty afterwards, to a part of the value: `part(T&)` returns a
    /// reference into it. If `part` throws, the guard stays as it is.
    /// @par Example
    /// @snippet sync.cpp map
    template <class Part>
    auto map(Part&& part) &&;

private:
    friend class Mutex<T>;
    explicit MutexGuard(Mutex<T>& mutex) noexcept : mutex_(&mutex) {}

    Mutex<T>* mutex_;
};

/// Holds the lock of a `Mutex` and gives access to a part of its value; see `MutexGuard::map`.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] MappedMutexGuard {
public:
    [[nodiscard]] T& operator*() const noexcept { return *part_; }
    [[nodiscard]] T* operator->() const noexcept { return part_; }

    /// @copydoc MutexGuard::unlock
    void unlock() noexcept { lock_.give_back(); }
    /// @copydoc MutexGuard::map
    template <class Part>
    auto map(Part&& part) && {
        auto& inner = std::forward<Part>(part)(*part_);
        return MappedMutexGuard<std::remove_reference_t<decltype(inner)>>(std::move(lock_),
                                                                          std::addressof(inner));
    }

private:
    template <class U>
    friend class MutexGuard;
    template <class U>
    friend class MappedMutexGuard;
    MappedMutexGuard(detail::Permits lock, T* part) noexcept
        : lock_(std::move(lock)), part_(part) {}

    detail::Permits lock_;
    T* part_;
};

/// A guard that keeps its mutex alive; made by `Mutex::lock_owned`. Otherwise like `MutexGuard`.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] OwnedMutexGuard {
public:
    OwnedMutexGuard(OwnedMutexGuard&&) noexcept = default;
    OwnedMutexGuard& operator=(OwnedMutexGuard&& other) noexcept {
        guard_ = std::move(other.guard_);  // unlocks, before the old mutex may go
        mutex_ = std::move(other.mutex_);
        return *this;
    }
    ~OwnedMutexGuard() = default;

    [[nodiscard]] std::add_lvalue_reference_t<T> operator*() const noexcept
        requires(!std::is_void_v<T>)
    {
        return *guard_;
    }
    [[nodiscard]] T* operator->() const noexcept
        requires(!std::is_void_v<T>)
    {
        return guard_.operator->();
    }

    /// @copydoc MutexGuard::unlock
    void unlock() noexcept { guard_.unlock(); }
    /// @copydoc MutexGuard::owns_lock
    [[nodiscard]] bool owns_lock() const noexcept { return guard_.owns_lock(); }
    /// The mutex that it belongs to.
    [[nodiscard]] const std::shared_ptr<Mutex<T>>& mutex() const noexcept { return mutex_; }
    /// @copydoc MutexGuard::map
    template <class Part>
    auto map(Part&& part) && {
        auto mapped = std::move(guard_).map(std::forward<Part>(part));
        using Mapped = std::remove_reference_t<decltype(*mapped)>;
        return OwnedMappedMutexGuard<Mapped>(std::move(mutex_), std::move(mapped));
    }

private:
    friend class Mutex<T>;
    OwnedMutexGuard(std::shared_ptr<Mutex<T>> mutex, MutexGuard<T> guard) noexcept
        : mutex_(std::move(mutex)), guard_(std::move(guard)) {}

    std::shared_ptr<Mutex<T>> mutex_;
    MutexGuard<T> guard_;  // destroyed, hence unlocked, first
};

/// A guard of a part of the value that keeps the mutex alive; see `OwnedMutexGuard::map`.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] OwnedMappedMutexGuard {
public:
    OwnedMappedMutexGuard(OwnedMappedMutexGuard&&) noexcept = default;
    OwnedMappedMutexGuard& operator=(OwnedMappedMutexGuard&& other) noexcept {
        guard_ = std::move(other.guard_);
        mutex_ = std::move(other.mutex_);
        return *this;
    }
    ~OwnedMappedMutexGuard() = default;

    [[nodiscard]] T& operator*() const noexcept { return *guard_; }
    [[nodiscard]] T* operator->() const noexcept { return guard_.operator->(); }

    /// @copydoc MutexGuard::unlock
    void unlock() noexcept { guard_.unlock(); }
    /// @copydoc MutexGuard::map
    template <class Part>
    auto map(Part&& part) && {
        auto mapped = std::move(guard_).map(std::forward<Part>(part));
        using Mapped = std::remove_reference_t<decltype(*mapped)>;
        return OwnedMappedMutexGuard<Mapped>(std::move(mutex_), std::move(mapped));
    }

private:
    template <class U>
    friend class OwnedMutexGuard;
    template <class U>
    friend class OwnedMappedMutexGuard;
    OwnedMappedMutexGuard(std::shared_ptr<void> mutex, MappedMutexGuard<T> guard) noexcept
        : mutex_(std::move(mutex)), guard_(std::move(guard)) {}

    std::shared_ptr<void> mutex_;
    MappedMutexGuard<T> guard_;
};

template <class T>
template <class Part>
auto MutexGuard<T>::map(Part&& part) && {
    auto& inner = std::forward<Part>(part)(mutex_->value_);
    detail::Permits lock(std::exchange(mutex_, nullptr)->core_, 1);
    return MappedMutexGuard<std::remove_reference_t<decltype(inner)>>(std::move(lock),
                                                                      std::addressof(inner));
}

}  // namespace edo::sync
