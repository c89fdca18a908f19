// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/late_value.hpp"
#include "edo/runtime/sync/set_once_core.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace edo::sync {

/// A value that somebody sets once, and for which others wait.
///
/// @par Cancel safety
/// Waiting is cancel safe.
///
/// @par Thread safety
/// `set`, `get`, `is_set` and `wait` may be called from any thread, inside any runtime or none.
/// Several threads read the value at once.
///
/// @par Misuse
/// It must outlive those who wait. Whoever has got the value from `wait` may destroy it, even while
/// `set` has not returned yet.
///
/// @par Example
/// @snippet sync.cpp set_once
template <class T>
class SetOnce {
public:
    using value_type = T;

    SetOnce() noexcept = default;
    /// One that is set.
    explicit SetOnce(T value) {
        value_.construct(std::move(value));
        static_cast<void>(core_.claim());
        core_.publish();
    }
    SetOnce(const SetOnce&) = delete;
    SetOnce& operator=(const SetOnce&) = delete;
    ~SetOnce() {
        if (is_set()) {
            value_.destroy();
        }
    }

    [[nodiscard]] bool is_set() const noexcept { return core_.is_set(); }
    /// The value, or null if there is none yet. It stays where it is as long as this object lives.
    [[nodiscard]] const T* get() const noexcept {
        return is_set() ? std::addressof(value_.get()) : nullptr;
    }

    /// Sets the value and wakes all who wait. Fails, and hands the value back, if there is one
    /// already, or another thread is just setting one.
    Result<void, SetError<T>> set(T value) {
        using Kind = typename SetError<T>::Kind;
        if (!core_.claim()) {
            return failure(
                SetError<T>(is_set() ? Kind::AlreadySet : Kind::Initializing, std::move(value)));
        }
        try {
            value_.construct(std::move(value));
        } catch (...) {
            core_.give_up();
            throw;
        }
        core_.publish();
        return {};
    }

    class Wait;
    /// Waits until the value is set. Yields a `const T&`, which is valid as long as this object.
    [[nodiscard]] Wait wait() noexcept { return Wait(*this); }

    /// Moves the value out, if there is one, at the end of this object.
    [[nodiscard]] std::optional<T> into_inner() && {
        return is_set() ? std::optional<T>(std::move(value_.get())) : std::nullopt;
    }

private:
    detail::SetOnceCore core_;
    detail::LateValue<T> value_;
};

/// What `wait` returns.
template <class T>
class [[nodiscard("wait() does nothing until it is awaited")]] SetOnce<T>::Wait {
public:
    class Awaiter : public detail::SetOnceWait {
    public:
        explicit Awaiter(SetOnce& once) noexcept : SetOnceWait(once.core_), once_(&once) {}
        const T& await_resume() const noexcept { return once_->value_.get(); }

    private:
        SetOnce* once_;
    };
    Awaiter operator co_await() const noexcept { return Awaiter(*once_); }

private:
    friend class SetOnce;
    explicit Wait(SetOnce& once) noexcept : once_(&once) {}

    SetOnce* once_;
};

}  // namespace edo::sync
