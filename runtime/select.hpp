// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"
#include "edo/runtime/task/branch_input.hpp"
#include "edo/runtime/task/leaf_branch.hpp"

#include <array>
#include <coroutine>
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

template <class... In>
class SelectAwaiter : public Group {
    static constexpr bool kAllStartAtOnce = (In::kStartsAtOnce && ...);

public:
    SelectAwaiter(std::tuple<In...>& inputs, bool biased) noexcept
        : Group(&SelectAwaiter::on_done), inputs_(inputs) {
        set_branches(branches_.data(), branches_.size());
        if (biased) {
            set_biased();
        }
        move_inputs(std::index_sequence_for<In...>());
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(TaskHandle parent) noexcept
        requires kAllStartAtOnce
    {
        Start start;
        return !start_all(parent.promise(), start);
    }
    std::coroutine_handle<> await_suspend(TaskHandle parent) noexcept {
        Start start;
        if (start_all(parent.promise(), start)) {
            return parent.handle();
        }
        return start.next ? start.next : std::noop_coroutine();
    }
    Selected<typename In::Value...> await_resume() {
        const Losers losers(*this);
        return collect<0>();
    }

private:
    /// Destroys the losers at the end of a scope.
    class Losers {
    public:
        explicit Losers(SelectAwaiter& group) noexcept : group_(group) {}
        Losers(const Losers&) = delete;
        Losers& operator=(const Losers&) = delete;
        ~Losers() { group_.drop_all(std::index_sequence_for<In...>()); }

    private:
        SelectAwaiter& group_;
    };

    template <std::size_t... I>
    void move_inputs(std::index_sequence<I...>) noexcept {
        (std::get<I>(inputs_).move_to(branches_[I]), ...);
    }

    /// The winner has been dropped before, when its value was taken.
    template <std::size_t... I>
    void drop_all(std::index_sequence<I...>) noexcept {
        end();
        (std::get<I>(inputs_).drop(branches_[I]), ...);
    }

    /// True if a branch is done at once.
    bool start_all(PromiseBase& parent, Start& start) noexcept {
        begin(parent);
        const std::size_t first =
            sizeof...(In) == 1 || is_biased() ? 0 : random_below(sizeof...(In));
        if (start_from(first, parent, start, std::index_sequence_for<In...>())) {
            return true;
        }
        wait();
        return false;
    }

    template <std::size_t... I>
    bool start_from(std::size_t first, PromiseBase& parent, Start& start,
                    std::index_sequence<I...>) noexcept {
        return ((I >= first && start_one<I>(parent, start)) || ...) ||
               ((I < first && start_one<I>(parent, start)) || ...);
    }

    template <std::size_t I>
    bool start_one(PromiseBase& parent, Start& start) noexcept {
        Branch& branch = branches_[I];
        winner_ = I;  // if it is done
        if constexpr (std::tuple_element_t<I, std::tuple<In...>>::kStartsAtOnce) {
            if (kAllStartAtOnce || !start.next) {
                link(branch);
                return std::get<I>(inputs_).start(parent.location(), start.next);
            }
        }
        return start_next(branch, start);
    }

    static std::coroutine_handle<> on_done(Group& group, Branch& branch) noexcept {
        auto& self = static_cast<SelectAwaiter&>(group);
        self.winner_ = self.index_of(branch);
        return self.resume_parent();
    }

    template <std::size_t I>
    Selected<typename In::Value...> collect() {
        if constexpr (I + 1 < sizeof...(In)) {
            if (winner_ != I) {
                return collect<I + 1>();
            }
        }
        using Value = typename std::tuple_element_t<I, std::tuple<In...>>::Value;
        return Selected<typename In::Value...>(std::variant<NonVoid<typename In::Value>...>(
            std::in_place_index<I>,
            non_void([this]() -> Value { return std::get<I>(inputs_).take(branches_[I]); })));
    }

    std::array<Branch, sizeof...(In)> branches_;
    std::tuple<In...>& inputs_;
    std::size_t winner_ = 0;
};

/// What `select` returns: the branches, not started yet.
template <class... In>
class [[nodiscard("select() does nothing until it is awaited")]] Select {
public:
    template <class... A>
    explicit Select(bool biased, A&&... branches)
        : inputs_(std::forward<A>(branches)...), biased_(biased) {}

    SelectAwaiter<In...> operator co_await() && {
        std::apply([](auto&... input) { (input.check(), ...); }, inputs_);
        return SelectAwaiter<In...>(inputs_, biased_);
    }

private:
    std::tuple<In...> inputs_;
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
    return detail::Select<detail::SelectInput<A>...>(false, std::forward<A>(branches)...);
}

/// `select` that prefers branches in the order in which they are written.
template <detail::BranchArgument... A>
    requires(sizeof...(A) > 0)
[[nodiscard]] auto select(Biased /*order*/, A&&... branches) {
    return detail::Select<detail::SelectInput<A>...>(true, std::forward<A>(branches)...);
}

}  // namespace edo
