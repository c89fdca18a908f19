// SPDX-License-Identifier: MIT
// What all guards of `Mutex` and `RwLock` are made of.
#pragma once

#include "edo/runtime/sync/semaphore_core.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::detail {

/// The permits of a lock, which is kept alive meanwhile.
template <class Lock>
class OwnedPermits {
public:
    OwnedPermits(std::shared_ptr<Lock> lock, Permits permits) noexcept
        : lock_(std::move(lock)), permits_(std::move(permits)) {}
    OwnedPermits(OwnedPermits&&) noexcept = default;
    OwnedPermits& operator=(OwnedPermits&& other) noexcept {
        permits_ = std::move(other.permits_);  // unlocks, before the old lock may go
        lock_ = std::move(other.lock_);
        return *this;
    }
    ~OwnedPermits() = default;

    [[nodiscard]] const std::shared_ptr<Lock>& lock() const noexcept { return lock_; }
    [[nodiscard]] std::size_t count() const noexcept { return permits_.count(); }
    void give_back() noexcept { permits_.give_back(); }
    void give_back(std::size_t count) noexcept { permits_.give_back(count); }

private:
    std::shared_ptr<Lock> lock_;
    Permits permits_;  // destroyed, hence returned, first
};

/// A lock that is held, as permits, and the part of the value that this gives access to.
template <class Part, class Lock>
class HeldPart {
public:
    HeldPart(Lock lock, Part* part) noexcept : lock_(std::move(lock)), part_(part) {}

    [[nodiscard]] Part* part() const noexcept { return part_; }
    [[nodiscard]] const Lock& lock() const& noexcept { return lock_; }
    [[nodiscard]] Lock&& lock() && noexcept { return std::move(lock_); }
    [[nodiscard]] std::size_t count() const noexcept { return lock_.count(); }
    void give_back() noexcept { lock_.give_back(); }
    void give_back(std::size_t count) noexcept { lock_.give_back(count); }

private:
    Lock lock_;
    Part* part_;
};

/// Access to what a lock protects, or to a part of it, as long as the guard lives.
///
/// @tparam Part What it gives access to; const for a guard that reads.
/// @tparam Hold A `HeldPart`, or what is used like one.
/// @tparam Family `Family::Mapped<U>` is the guard of a part `U`, made of what is held and a `U*`.
template <class Part, class Hold, class Family>
class BasicGuard {
public:
    [[nodiscard]] std::add_lvalue_reference_t<Part> operator*() const noexcept
        requires(!std::is_void_v<Part>)
    {
        return *hold_.part();
    }
    [[nodiscard]] Part* operator->() const noexcept
        requires(!std::is_void_v<Part>)
    {
        return hold_.part();
    }

    /// Unlocks before the guard goes out of scope.
    void unlock() noexcept { hold_.give_back(); }
    /// Whether it holds the lock.
    [[nodiscard]] bool owns_lock() const noexcept { return hold_.count() != 0; }

    /// Narrows the guard, which is empty afterwards, to a part of the value.
    /// @param part Called with the value, returns a reference into it. If it throws, the guard
    ///     stays as it is.
    /// @par Example
    /// @snippet sync.cpp map
    template <class Function>
    auto map(Function&& part) && {
        auto& inner = std::forward<Function>(part)(*hold_.part());
        return narrow(std::addressof(inner));
    }
    /// Narrows the guard to a part of the value that is perhaps not there.
    /// @param part Called with the value, returns a pointer into it, or null.
    /// @return The new guard; or nothing, and this guard stays as it is, also if `part` throws.
    /// @par Example
    /// @snippet sync.cpp try_map
    template <class Function>
    auto try_map(Function&& part) && {
        auto* const inner = std::forward<Function>(part)(*hold_.part());
        using Narrowed = decltype(narrow(inner));
        return inner != nullptr ? std::optional<Narrowed>(narrow(inner)) : std::nullopt;
    }
    /// The same guard, empty afterwards, with the type of one that was mapped: for a place that
    /// takes either.
    auto into_mapped() && noexcept { return narrow(hold_.part()); }

protected:
    explicit BasicGuard(Hold hold) noexcept : hold_(std::move(hold)) {}

    [[nodiscard]] const Hold& hold() const noexcept { return hold_; }

    /// The guard of the same lock that reads, if this one writes: a writer has all permits, a
    /// reader one. No writer comes in between.
    template <template <class> class Reader, class U>
    Reader<std::remove_const_t<U>> downgrade_to(U* part) noexcept {
        hold_.give_back(hold_.count() - 1);
        return Reader<std::remove_const_t<U>>(std::move(hold_).lock(), part);
    }

private:
    template <class U>
    typename Family::template Mapped<U> narrow(U* part) noexcept {
        return typename Family::template Mapped<U>(std::move(hold_).lock(), part);
    }

    Hold hold_;
};

}  // namespace edo::detail
