// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/rejection.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace edo::http::filter {

/// The types of the values that a filter extracts, in their order.
template <class... Ts>
struct List {
    using Tuple = std::tuple<Ts...>;
    static constexpr std::size_t size = sizeof...(Ts);
};

/// What a filter says of a request: the values it has extracted, or why it rejects it.
template <class L>
using Outcome = Result<typename L::Tuple, Rejection>;

/// The outcome of a filter that may have to wait: either there already, or a task that yields it.
/// So a filter that rejects at once, as most alternatives of a request do, makes no coroutine.
///
/// @par Thread safety
/// None.
template <class L>
class [[nodiscard]] Pending {
public:
    Pending(Outcome<L> outcome) noexcept  // NOLINT: meant to be implicit
        : state_(std::in_place_index<0>, std::move(outcome)) {}
    Pending(Task<Outcome<L>> task) noexcept  // NOLINT: meant to be implicit
        : state_(std::in_place_index<1>, std::move(task)) {}
    Pending(Rejection rejection) noexcept  // NOLINT: meant to be implicit
        : state_(std::in_place_index<0>, failure(std::move(rejection))) {}

    [[nodiscard]] bool is_ready() const noexcept { return state_.index() == 0; }
    /// The outcome. Only if `is_ready()`.
    [[nodiscard]] Outcome<L> take() && { return std::get<0>(std::move(state_)); }
    /// What is to be awaited. Only if not `is_ready()`.
    [[nodiscard]] Task<Outcome<L>> task() && { return std::get<1>(std::move(state_)); }

private:
    std::variant<Outcome<L>, Task<Outcome<L>>> state_;
};

}  // namespace edo::http::filter

namespace edo::http::filter::detail {

template <class... Ls>
struct ConcatImpl;
template <class L>
struct ConcatImpl<L> {
    using type = L;
};
template <class... As, class... Bs, class... Rest>
struct ConcatImpl<List<As...>, List<Bs...>, Rest...> : ConcatImpl<List<As..., Bs...>, Rest...> {};

/// One list after the other.
template <class... Ls>
using Concat = typename ConcatImpl<Ls...>::type;

/// The list of what a function returns: nothing for `void`.
template <class T>
using ListOf = std::conditional_t<std::is_void_v<T>, List<>, List<T>>;

template <class T>
struct TaskValueImpl {
    using type = T;
};
template <class T>
struct TaskValueImpl<Task<T>> {
    using type = T;
};
/// `T` for `Task<T>`, else the type itself.
template <class T>
using TaskValue = typename TaskValueImpl<T>::type;

}  // namespace edo::http::filter::detail
