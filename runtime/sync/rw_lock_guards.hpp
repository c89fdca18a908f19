// SPDX-License-Identifier: MIT
// The guards of `RwLock`.
#pragma once

#include "edo/runtime/sync/semaphore_core.hpp"

#include <memory>
#include <type_traits>
#include <utility>

namespace edo::sync {

template <class T>
class RwLock;
template <class T>
class RwLockReadGuard;
template <class T>
class RwLockMappedWriteGuard;
template <class T>
class OwnedRwLockReadGuard;
template <class T>
class OwnedRwLockMappedWriteGuard;

/// Lets its holder read the value of a `RwLock`, or a part of it, beside other readers. The lock
/// must outlive it. Like all guards it may be kept across `co_await`, moved, and unlocked by any
/// thread; moved from or unlocked it refers to nothing.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] RwLockReadGuard {
public:
    [[nodiscard]] const T& operator*() const noexcept { return *part_; }
    [[nodiscard]] const T* operator->() const noexcept { return part_; }

    /// Unlocks before the guard goes out of scope.
    void unlock() noexcept { lock_.give_back(); }
    /// Whether it holds the lock.
    [[nodiscard]] bool owns_lock() const noexcept { return lock_.count() != 0; }

    /// Narrows the guard, which is empty afterwards, to a part of the value: `part(const T&)`
    /// returns a reference into it. If `part` throws, the guard stays as it is.
    template <class Part>
    auto map(Part&& part) && {
        const auto& inner = std::forward<Part>(part)(*part_);
        return RwLockReadGuard<std::remove_cvref_t<decltype(inner)>>(std::move(lock_),
                                                                     std::addressof(inner));
    }

private:
    template <class U>
    friend class RwLock;
    template <class U>
    friend class RwLockReadGuard;
    template <class U>
    friend class RwLockWriteGuard;
    RwLockReadGuard(detail::Permits lock, const T* part) noexcept
        : lock_(std::move(lock)), part_(part) {}

    detail::Permits lock_;
    const T* part_;
};

/// Lets its holder change the value of a `RwLock`, alone. The lock must outlive it.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] RwLockWriteGuard {
public:
    [[nodiscard]] T& operator*() const noexcept { return *value_; }
    [[nodiscard]] T* operator->() const noexcept { return value_; }

    /// @copydoc RwLockReadGuard::unlock
    void unlock() noexcept { lock_.give_back(); }
    /// @copydoc RwLockReadGuard::owns_lock
    [[nodiscard]] bool owns_lock() const noexcept { return lock_.count() != 0; }

    /// Turns the guard, which is empty afterwards, into one that reads, with no writer in between.
    /// Readers at the head of the queue get the lock, too.
    RwLockReadGuard<T> downgrade() && noexcept {
        RwLockReadGuard<T> reader(lock_.split(1), value_);
        lock_.give_back();
        return reader;
    }
    /// Narrows the guard, which is empty afterwards, to a part of the value: `part(T&)` returns a
    /// reference into it. If `part` throws, the guard stays as it is.
    template <class Part>
    auto map(Part&& part) && {
        auto& inner = std::forward<Part>(part)(*value_);
        return RwLockMappedWriteGuard<std::remove_reference_t<decltype(inner)>>(
            std::move(lock_), std::addressof(inner));
    }

private:
    template <class U>
    friend class RwLock;
    RwLockWriteGuard(detail::Permits lock, T* value) noexcept
        : lock_(std::move(lock)), value_(value) {}

    detail::Permits lock_;
    T* value_;
};

/// Lets its holder change a part of the value of a `RwLock`; see `RwLockWriteGuard::map`.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] RwLockMappedWriteGuard {
public:
    [[nodiscard]] T& operator*() const noexcept { return *part_; }
    [[nodiscard]] T* operator->() const noexcept { return part_; }

    /// @copydoc RwLockReadGuard::unlock
    void unlock() noexcept { lock_.give_back(); }
    /// @copydoc RwLockWriteGuard::map
    template <class Part>
    auto map(Part&& part) && {
        auto& inner = std::forward<Part>(part)(*part_);
        return RwLockMappedWriteGuard<std::remove_reference_t<decltype(inner)>>(
            std::move(lock_), std::addressof(inner));
    }

private:
    template <class U>
    friend class RwLockWriteGuard;
    template <class U>
    friend class RwLockMappedWriteGuard;
    RwLockMappedWriteGuard(detail::Permits lock, T* part) noexcept
        : lock_(std::move(lock)), part_(part) {}

    detail::Permits lock_;
    T* part_;
};

/// A guard that keeps its lock alive; made by `RwLock::read_owned`. Otherwise like
/// `RwLockReadGuard`.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] OwnedRwLockReadGuard {
public:
    OwnedRwLockReadGuard(OwnedRwLockReadGuard&&) noexcept = default;
    OwnedRwLockReadGuard& operator=(OwnedRwLockReadGuard&& other) noexcept {
        guard_ = std::move(other.guard_);  // unlocks, before the old lock may go
        lock_ = std::move(other.lock_);
        return *this;
    }
    ~OwnedRwLockReadGuard() = default;

    [[nodiscard]] const T& operator*() const noexcept { return *guard_; }
    [[nodiscard]] const T* operator->() const noexcept { return guard_.operator->(); }

    /// @copydoc RwLockReadGuard::unlock
    void unlock() noexcept { guard_.unlock(); }
    /// @copydoc RwLockReadGuard::owns_lock
    [[nodiscard]] bool owns_lock() const noexcept { return guard_.owns_lock(); }
    /// @copydoc RwLockReadGuard::map
    template <class Part>
    auto map(Part&& part) && {
        auto mapped = std::move(guard_).map(std::forward<Part>(part));
        using Mapped = std::remove_cvref_t<decltype(*mapped)>;
        return OwnedRwLockReadGuard<Mapped>(std::move(lock_), std::move(mapped));
    }

private:
    template <class U>
    friend class RwLock;
    template <class U>
    friend class OwnedRwLockReadGuard;
    template <class U>
    friend class OwnedRwLockWriteGuard;
    OwnedRwLockReadGuard(std::shared_ptr<void> lock, RwLockReadGuard<T> guard) noexcept
        : lock_(std::move(lock)), guard_(std::move(guard)) {}

    std::shared_ptr<void> lock_;
    RwLockReadGuard<T> guard_;  // destroyed, hence unlocked, first
};

/// A guard that keeps its lock alive; made by `RwLock::write_owned`. Otherwise like
/// `RwLockWriteGuard`.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] OwnedRwLockWriteGuard {
public:
    OwnedRwLockWriteGuard(OwnedRwLockWriteGuard&&) noexcept = default;
    OwnedRwLockWriteGuard& operator=(OwnedRwLockWriteGuard&& other) noexcept {
        guard_ = std::move(other.guard_);
        lock_ = std::move(other.lock_);
        return *this;
    }
    ~OwnedRwLockWriteGuard() = default;

    [[nodiscard]] T& operator*() const noexcept { return *guard_; }
    [[nodiscard]] T* operator->() const noexcept { return guard_.operator->(); }

    /// @copydoc RwLockReadGuard::unlock
    void unlock() noexcept { guard_.unlock(); }
    /// @copydoc RwLockReadGuard::owns_lock
    [[nodiscard]] bool owns_lock() const noexcept { return guard_.owns_lock(); }
    /// @copydoc RwLockWriteGuard::downgrade
    OwnedRwLockReadGuard<T> downgrade() && noexcept {
        RwLockReadGuard<T> reader = std::move(guard_).downgrade();
        return OwnedRwLockReadGuard<T>(std::move(lock_), std::move(reader));
    }
    /// @copydoc RwLockWriteGuard::map
    template <class Part>
    auto map(Part&& part) && {
        auto mapped = std::move(guard_).map(std::forward<Part>(part));
        using Mapped = std::remove_reference_t<decltype(*mapped)>;
        return OwnedRwLockMappedWriteGuard<Mapped>(std::move(lock_), std::move(mapped));
    }

private:
    template <class U>
    friend class RwLock;
    OwnedRwLockWriteGuard(std::shared_ptr<void> lock, RwLockWriteGuard<T> guard) noexcept
        : lock_(std::move(lock)), guard_(std::move(guard)) {}

    std::shared_ptr<void> lock_;
    RwLockWriteGuard<T> guard_;
};

/// A guard of a part of the value that keeps the lock alive; see `OwnedRwLockWriteGuard::map`.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] OwnedRwLockMappedWriteGuard {
public:
    OwnedRwLockMappedWriteGuard(OwnedRwLockMappedWriteGuard&&) noexcept = default;
    OwnedRwLockMappedWriteGuard& operator=(OwnedRwLockMappedWriteGuard&& other) noexcept {
        guard_ = std::move(other.guard_);
        lock_ = std::move(other.lock_);
        return *this;
    }
    ~OwnedRwLockMappedWriteGuard() = default;

    [[nodiscard]] T& operator*() const noexcept { return *guard_; }
    [[nodiscard]] T* operator->() const noexcept { return guard_.operator->(); }

    /// @copydoc RwLockReadGuard::unlock
    void unlock() noexcept { guard_.unlock(); }
    /// @copydoc RwLockWriteGuard::map
    template <class Part>
    auto map(Part&& part) && {
        auto mapped = std::move(guard_).map(std::forward<Part>(part));
        using Mapped = std::remove_reference_t<decltype(*mapped)>;
        return OwnedRwLockMappedWriteGuard<Mapped>(std::move(lock_), std::move(mapped));
    }

private:
    template <class U>
    friend class OwnedRwLockWriteGuard;
    template <class U>
    friend class OwnedRwLockMappedWriteGuard;
    OwnedRwLockMappedWriteGuard(std::shared_ptr<void> lock,
                                RwLockMappedWriteGuard<T> guard) noexcept
        : lock_(std::move(lock)), guard_(std::move(guard)) {}

    std::shared_ptr<void> lock_;
    RwLockMappedWriteGuard<T> guard_;
};

}  // namespace edo::sync
