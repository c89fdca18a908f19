// SPDX-License-Identifier: MIT
// Values that belong to a part of a task, and are found by whatever it calls.
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/task/await_scope.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo {

/// What a task, or blocking function, sees that is spawned while a `TaskLocal` has a value.
enum class Inherit : std::uint8_t {
    None,   ///< nothing
    Copy,   ///< a copy, made when it is spawned
    Share,  ///< the same object, which therefore must be safe to use from several threads at once
};

namespace detail {

/// A value as its policy wants it kept.
template <class T>
class LocalValue {
public:
    LocalValue(Inherit inherit, T&& value) {
        if (inherit == Inherit::Share) {
            shared_ = std::make_shared<T>(std::move(value));
        } else {
            own_.emplace(std::move(value));
        }
    }
    /// What a spawned task gets: the same object, or a copy.
    static LocalValue handed_on(const LocalValue& from) { return LocalValue(from, Pass()); }
    LocalValue(LocalValue&&) = default;
    LocalValue& operator=(LocalValue&&) = delete;

    [[nodiscard]] T& get() noexcept { return shared_ != nullptr ? *shared_ : *own_; }

private:
    struct Pass {
        Pass() = default;
    };
    LocalValue(const LocalValue& from, Pass /*pass*/) : shared_(from.shared_) {
        if constexpr (std::is_copy_constructible_v<T>) {
            if (from.own_) {
                own_.emplace(*from.own_);
            }
        }
    }

    std::optional<T> own_;
    std::shared_ptr<T> shared_;
};

template <class T>
class InheritedValue final : public Inherited, public AwaitScope {
public:
    explicit InheritedValue(const AwaitScope& from)
        : AwaitScope(Place::Task, from.key(), &value_),
          value_(LocalValue<T>::handed_on(*static_cast<const LocalValue<T>*>(from.value()))) {}
    [[nodiscard]] AwaitScope& scope() noexcept override { return *this; }

    static std::unique_ptr<Inherited> hand_on(const AwaitScope& from) {
        return std::make_unique<InheritedValue>(from);
    }

private:
    LocalValue<T> value_;
};

/// `co_await key.scope(value, task)`.
template <class T, class R>
class [[nodiscard("scope() does nothing until it is awaited")]] LocalScope {
public:
    LocalScope(const ScopeKey& key, LocalValue<T> value, Task<R> task) noexcept
        : key_(&key), value_(std::move(value)), task_(std::move(task)) {}

    class Awaiter : public ScopedCall<R> {
    public:
        Awaiter(const ScopeKey& key, LocalValue<T>& value, Task<R>& task) noexcept
            : ScopedCall<R>(task, key, &value) {}
    };
    Awaiter operator co_await() && {
        check_can_await(task_.promise());
        return Awaiter(*key_, value_, task_);
    }

private:
    const ScopeKey* key_;
    LocalValue<T> value_;
    Task<R> task_;
};

}  // namespace detail

/// A key under which a part of a task finds a value, however deep in its calls: a request id for
/// the log, a tenant, a deadline. Declared once, at namespace scope:
///
/// ```cpp
/// inline edo::TaskLocal<std::string> request_id{edo::Inherit::Copy};
/// ```
///
/// `scope` gives it a value for as long as a task is awaited; `get`, `try_get` and `with` find that
/// of the innermost scope around the caller. A branch of `join` or `select` sees the scopes that it
/// is in itself, and those around the whole; never those of the branch beside it, however the two
/// take turns. Destructors of what is in a scope see its value, also when the task is cancelled.
///
/// What spawned tasks see is declared at the key, since it is the meaning of the value that
/// decides: see `Inherit`. That the spawned task goes on longer than the scope does not matter to
/// it. The root of `block_on` is not spawned: it inherits nothing. A `Task&` that `select` has left
/// running is outside until it is awaited again.
///
/// @tparam T A type that can be moved; for `Inherit::Copy` and `get`, copied.
///
/// @par Thread safety
/// A value is reached only by the task it belongs to, and so by one thread at a time; with
/// `Inherit::Share` by several.
///
/// @par Misuse
/// The key must outlive its scopes and the tasks that inherit from it.
///
/// @par Example
/// @snippet local.cpp task_local
template <class T>
class TaskLocal : private detail::ScopeKey {
public:
    /// @param inherit What spawned tasks see.
    /// @throws UsageError for `Inherit::Copy` of a type that cannot be copied.
    explicit constexpr TaskLocal(Inherit inherit = Inherit::None)
        : ScopeKey(hand_on_of(inherit)), inherit_(inherit) {}

    /// Awaits `awaitable`, inside which the key has that value.
    /// @param value Moved into the scope, and destroyed when the awaiting expression ends.
    /// @param awaitable A `Task` or another awaitable, as an rvalue. Consumed.
    /// @return What `awaitable` yields.
    /// @par Cancel safety
    /// That of `awaitable`.
    template <detail::OwnedAwaitable A>
    [[nodiscard]] auto scope(T value, A&& awaitable) const {
        return detail::LocalScope<T, detail::BranchResult<A>>(
            *this, detail::LocalValue<T>(inherit_, std::move(value)),
            detail::as_task(std::forward<A>(awaitable)));
    }

    /// Calls `function()`, inside which the key has that value. Also outside a task.
    template <std::invocable Function>
    decltype(auto) sync_scope(T value, Function&& function) const {
        detail::LocalValue<T> kept(inherit_, std::move(value));
        const detail::StackScope inside(*this, &kept);
        return std::invoke(std::forward<Function>(function));
    }

    /// Whether the key has a value here.
    [[nodiscard]] bool has_value() const noexcept { return find() != nullptr; }

    /// A copy of the value.
    /// @throws UsageError if there is none here.
    [[nodiscard]] T get() const
        requires std::copy_constructible<T>
    {
        return found();
    }

    /// A copy of the value, or nothing.
    [[nodiscard]] std::optional<T> try_get() const
        requires std::copy_constructible<T>
    {
        T* const value = find();
        return value != nullptr ? std::optional<T>(*value) : std::nullopt;
    }

    /// Calls `function(value)` with a reference to the value, which is valid as long as the scope.
    /// @throws UsageError if there is none here.
    template <class Function>
        requires std::invocable<Function, T&>
    decltype(auto) with(Function&& function) const {
        return std::invoke(std::forward<Function>(function), found());
    }

private:
    static constexpr HandOn hand_on_of(Inherit inherit) {
        if (inherit == Inherit::None) {
            return nullptr;
        }
        if (inherit == Inherit::Copy && !std::is_copy_constructible_v<T>) {
            throw UsageError(
                "edo: a TaskLocal with Inherit::Copy needs a type that can be copied: use "
                "Inherit::Share, or a shared_ptr");
        }
        return &detail::InheritedValue<T>::hand_on;
    }

    [[nodiscard]] T* find() const noexcept {
        detail::AwaitScope* const scope = detail::find_scope(*this);
        return scope != nullptr ? &static_cast<detail::LocalValue<T>*>(scope->value())->get()
                                : nullptr;
    }
    [[nodiscard]] T& found() const {
        T* const value = find();
        if (value == nullptr) {
            throw UsageError(
                "edo: this TaskLocal has no value here: await within scope(), or declare the key "
                "with the Inherit that spawned tasks need");
        }
        return *value;
    }

    const Inherit inherit_;
};

}  // namespace edo
