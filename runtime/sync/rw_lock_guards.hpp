// SPDX-License-Identifier: MIT
// The guards of `RwLock`. All may be kept across `co_await`, moved, and unlocked by any thread;
// moved from or unlocked they refer to nothing.
#pragma once

#include "edo/runtime/sync/lock_guard.hpp"

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::sync {

template <class T>
class RwLock;
template <class T>
class RwLockReadGuard;
template <class T>
class RwLockMappedWriteGuard;
template <class T, class Locked = T>
class OwnedRwLockReadGuard;
template <class T, class Locked>
class OwnedRwLockMappedWriteGuard;

}  // namespace edo::sync

namespace edo::detail {

struct ReadParts {
    template <class U>
    using Mapped = sync::RwLockReadGuard<std::remove_const_t<U>>;
};
struct WriteParts {
    template <class U>
    using Mapped = sync::RwLockMappedWriteGuard<U>;
    template <class U>
    using Reader = sync::RwLockReadGuard<U>;
};
template <class Locked>
struct OwnedReadParts {
    template <class U>
    using Mapped = sync::OwnedRwLockReadGuard<std::remove_const_t<U>, Locked>;
};
template <class Locked>
struct OwnedWriteParts {
    template <class U>
    using Mapped = sync::OwnedRwLockMappedWriteGuard<U, Locked>;
    template <class U>
    using Reader = sync::OwnedRwLockReadGuard<U, Locked>;
};

/// A guard of the whole value of a `RwLock`, which may be turned into one that reads.
template <class T, class Hold, class Family>
class BasicWriteGuard : public BasicGuard<T, Hold, Family> {
public:
    /// Turns the guard, which is empty afterwards, into one that reads, with no writer in between.
    /// Readers at the head of the queue get the lock, too.
    auto downgrade() && noexcept {
        return this->template downgrade_to<Family::template Reader>(this->hold().part());
    }
    /// The same for a part of the value: `part(const T&)` returns a reference into it. If it
    /// throws, the guard stays as it is.
    template <class Function>
    auto downgrade_map(Function&& part) && {
        const auto& inner = std::forward<Function>(part)(std::as_const(*this->hold().part()));
        return this->template downgrade_to<Family::template Reader>(std::addressof(inner));
    }
    /// The same for a part that is perhaps not there: `part(const T&)` returns a pointer into the
    /// value, or null.
    /// @return The guard that reads; or nothing, and this guard stays as it is.
    template <class Function>
    auto try_downgrade_map(Function&& part) && {
        const auto* const inner = std::forward<Function>(part)(std::as_const(*this->hold().part()));
        using Reader = decltype(this->template downgrade_to<Family::template Reader>(inner));
        return inner != nullptr ? std::optional<Reader>(
                                      this->template downgrade_to<Family::template Reader>(inner))
                                : std::nullopt;
    }

protected:
    using BasicGuard<T, Hold, Family>::BasicGuard;
};

}  // namespace edo::detail

namespace edo::sync {

/// Lets its holder read the value of a `RwLock`, or a part of it, beside other readers. The lock
/// must outlive it.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] RwLockReadGuard
    : public detail::BasicGuard<const T, detail::HeldPart<const T, detail::Permits>,
                                detail::ReadParts> {
public:
    /// For the lock, and for other guards.
    RwLockReadGuard(detail::Permits lock, const T* part) noexcept
        : RwLockReadGuard::BasicGuard({std::move(lock), part}) {}
};

/// Lets its holder change the value of a `RwLock`, alone. The lock must outlive it.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] RwLockWriteGuard
    : public detail::BasicWriteGuard<T, detail::HeldPart<T, detail::Permits>, detail::WriteParts> {
public:
    /// For the lock.
    RwLockWriteGuard(detail::Permits lock, T* value) noexcept
        : RwLockWriteGuard::BasicWriteGuard({std::move(lock), value}) {}
};

/// Lets its holder change a part of the value of a `RwLock`; see `RwLockWriteGuard::map`.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] RwLockMappedWriteGuard
    : public detail::BasicGuard<T, detail::HeldPart<T, detail::Permits>, detail::WriteParts> {
public:
    /// For other guards.
    RwLockMappedWriteGuard(detail::Permits lock, T* part) noexcept
        : RwLockMappedWriteGuard::BasicGuard({std::move(lock), part}) {}
};

/// A guard that keeps its lock alive; made by `RwLock::read_owned`. Otherwise like
/// `RwLockReadGuard`. Mapped, it gives access to a `T` inside a `Locked`.
template <class T, class Locked>
class [[nodiscard("an unused guard unlocks at once")]] OwnedRwLockReadGuard
    : public detail::BasicGuard<const T,
                                detail::HeldPart<const T, detail::OwnedPermits<RwLock<Locked>>>,
                                detail::OwnedReadParts<Locked>> {
public:
    /// The lock that it belongs to.
    [[nodiscard]] const std::shared_ptr<RwLock<Locked>>& rwlock() const noexcept {
        return this->hold().lock().lock();
    }

    /// For the lock, and for other guards.
    OwnedRwLockReadGuard(detail::OwnedPermits<RwLock<Locked>> lock, const T* part) noexcept
        : OwnedRwLockReadGuard::BasicGuard({std::move(lock), part}) {}
};

/// A guard that keeps its lock alive; made by `RwLock::write_owned`. Otherwise like
/// `RwLockWriteGuard`.
template <class T>
class [[nodiscard("an unused guard unlocks at once")]] OwnedRwLockWriteGuard
    : public detail::BasicWriteGuard<T, detail::HeldPart<T, detail::OwnedPermits<RwLock<T>>>,
                                     detail::OwnedWriteParts<T>> {
public:
    /// The lock that it belongs to.
    [[nodiscard]] const std::shared_ptr<RwLock<T>>& rwlock() const noexcept {
        return this->hold().lock().lock();
    }

    /// For the lock.
    OwnedRwLockWriteGuard(detail::OwnedPermits<RwLock<T>> lock, T* value) noexcept
        : OwnedRwLockWriteGuard::BasicWriteGuard({std::move(lock), value}) {}
};

/// A guard of a part of the value, a `T` inside a `Locked`, that keeps the lock alive; see
/// `OwnedRwLockWriteGuard::map`.
template <class T, class Locked>
class [[nodiscard("an unused guard unlocks at once")]] OwnedRwLockMappedWriteGuard
    : public detail::BasicGuard<T, detail::HeldPart<T, detail::OwnedPermits<RwLock<Locked>>>,
                                detail::OwnedWriteParts<Locked>> {
public:
    /// The lock that it belongs to.
    [[nodiscard]] const std::shared_ptr<RwLock<Locked>>& rwlock() const noexcept {
        return this->hold().lock().lock();
    }

    /// For other guards.
    OwnedRwLockMappedWriteGuard(detail::OwnedPermits<RwLock<Locked>> lock, T* part) noexcept
        : OwnedRwLockMappedWriteGuard::BasicGuard({std::move(lock), part}) {}
};

}  // namespace edo::sync
