// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"
#include "edo/runtime/task/branch_input.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <tuple>
#include <utility>
#include <variant>

namespace edo {

/// Asks `select` to prefer branches in the order in which they are written.
struct Biased {
    explicit Biased() = default;
};
inline constexpr Biased biased{};

/// What `select` yields: which branch won, and its value (`Unit` for void).
///
/// ```cpp
/// auto first = co_await edo::select(read(), edo::sleep(1s));
/// if (auto* bytes = first.get_if<0>()) { ... } else { ... timed out ... }
/// ```
template <class... R>
class Selected {
public:
    explicit Selected(std::variant<NonVoid<R>...> value) : value_(std::move(value)) {}

    /// The position of the winner among the arguments.
    [[nodiscard]] std::size_t index() const noexcept { return value_.index(); }
    /// Whether branch `I` won.
    template <std::size_t I>
    [[nodiscard]] bool is() const noexcept {
        return value_.index() == I;
    }
    /// The value of branch `I`, or null if it did not win.
    template <std::size_t I>
    [[nodiscard]] auto* get_if() noexcept {
        return std::get_if<I>(&value_);
    }
    /// The value of branch `I`, moved out by `std::move(selected).get<I>()`.
    /// @throws std::bad_variant_access if another branch won.
    template <std::size_t I>
    [[nodiscard]] auto& get() & {
        return std::get<I>(value_);
    }
    template <std::size_t I>
    [[nodiscard]] auto&& get() && {
        return std::get<I>(std::move(value_));
    }

    /// Calls the handler of the winner, one handler a branch in order, with its value; handlers of
    /// void branches may take nothing. All handlers return the same type.
    template <class... Handlers>
    decltype(auto) match(Handlers&&... handlers) {
        static_assert(sizeof...(Handlers) == sizeof...(R), "one handler for each branch of select");
        return match_from<0>(std::forward<Handlers>(handlers)...);
    }

private:
    template <std::size_t I, class First, class... Rest>
    decltype(auto) match_from(First&& first, Rest&&... rest) {
        if constexpr (sizeof...(Rest) > 0) {
            if (value_.index() != I) {
                return match_from<I + 1>(std::forward<Rest>(rest)...);
            }
        }
        if constexpr (std::is_invocable_v<First, decltype(std::get<I>(std::move(value_)))>) {
            return std::invoke(std::forward<First>(first), std::get<I>(std::move(value_)));
        } else {
            return std::invoke(std::forward<First>(first));
        }
    }

    std::variant<NonVoid<R>...> value_;
};

namespace detail {

template <class... R>
class SelectAwaiter : public Group {
public:
    SelectAwaiter(std::tuple<BranchInput<R>...>& inputs, bool biased) noexcept
        : Group(&SelectAwaiter::on_done), inputs_(inputs) {
        set_branches(branches_.data(), branches_.size());
        if (biased) {
            set_biased();
        }
        move_inputs(std::index_sequence_for<R...>());
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(TaskHandle parent) noexcept {
        start(parent.promise(), is_biased() ? 0 : random_below(sizeof...(R)));
    }
    Selected<R...> await_resume() { return collect<0>(index_of(*winner_)); }

private:
    template <std::size_t... I>
    void move_inputs(std::index_sequence<I...>) noexcept {
        (std::get<I>(inputs_).move_to(branches_[I]), ...);
    }

    static std::coroutine_handle<> on_done(Group& group, Branch& branch) noexcept {
        auto& self = static_cast<SelectAwaiter&>(group);
        self.winner_ = &branch;
        self.drop_others(&branch);
        return self.resume_parent();
    }

    template <std::size_t I>
    Selected<R...> collect(std::size_t winner) {
        if constexpr (I + 1 < sizeof...(R)) {
            if (winner != I) {
                return collect<I + 1>(winner);
            }
        }
        using Value = std::tuple_element_t<I, std::tuple<R...>>;
        return Selected<R...>(std::variant<NonVoid<R>...>(
            std::in_place_index<I>,
            non_void([this]() -> Value { return std::get<I>(inputs_).take(branches_[I]); })));
    }

    std::array<Branch, sizeof...(R)> branches_;
    std::tuple<BranchInput<R>...>& inputs_;
    Branch* winner_ = nullptr;
};

/// What `select` returns: the branches, not started yet.
template <class... R>
class [[nodiscard("select() does nothing until it is awaited")]] Select {
public:
    explicit Select(bool biased, BranchInput<R>... inputs)
        : inputs_(std::move(inputs)...), biased_(biased) {}

    SelectAwaiter<R...> operator co_await() && {
        std::apply([](auto&... input) { (input.check(), ...); }, inputs_);
        return SelectAwaiter<R...>(inputs_, biased_);
    }

private:
    std::tuple<BranchInput<R>...> inputs_;
    bool biased_;
};

}  // namespace detail

/// Runs several awaitables concurrently inside the running task until the first one is done; the
/// others are destroyed before the winner's value is handed over.
///
/// Like the branches of `join`, they never run in parallel and may use the caller's local
/// variables. They are started in a random order, so that no branch is preferred when several are
/// ready at once; `select(edo::biased, ...)` starts and prefers them in the order given.
///
/// @param branches `Task`s or other awaitables. Rvalues belong to the select: losers are destroyed.
/// An
///     lvalue (`Task&`, `JoinHandle&`, `Sleep&`) is used by reference: a losing `Task&` is not
///     destroyed but goes on running inside this task, and can be awaited or selected again.
/// @return A `Selected`, which tells which branch won and holds its value.
///
/// @par Errors
/// An exception that leaves a branch makes it the winner and is thrown from the `co_await`.
///
/// @par Cancel safety
/// Dropping the select destroys the branches it owns. What a losing operation loses is said in its
/// own documentation; reads, accepts, receives and waits of edo lose nothing.
///
/// @par Example
/// @snippet select.cpp select
///
/// @see timeout, join
template <detail::BranchArgument... A>
    requires(sizeof...(A) > 0)
[[nodiscard]] auto select(A&&... branches) {
    return detail::Select<detail::BranchResult<A>...>(
        false, detail::branch_input(std::forward<A>(branches))...);
}

/// `select` that prefers branches in the order in which they are written.
template <detail::BranchArgument... A>
    requires(sizeof...(A) > 0)
[[nodiscard]] auto select(Biased /*order*/, A&&... branches) {
    return detail::Select<detail::BranchResult<A>...>(
        true, detail::branch_input(std::forward<A>(branches))...);
}

}  // namespace edo
