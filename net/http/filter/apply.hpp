// SPDX-License-Identifier: MIT
// A filter whose values go through a function or a coroutine: `map`, `then`, `and_then`.
#pragma once

#include "edo/net/http/filter/filter.hpp"

#include <concepts>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

namespace edo::http::filter::detail {

template <class Fn, class L>
struct CallOf;
template <class Fn, class... Ts>
struct CallOf<Fn, List<Ts...>> {
    static constexpr bool kPossible = std::is_invocable_v<const Fn&, Ts...>;
    static auto result() {
        if constexpr (kPossible) {
            return std::type_identity<std::invoke_result_t<const Fn&, Ts...>>();
        } else {
            return std::type_identity<Task<Result<void, Rejection>>>();  // one error is enough
        }
    }
    using Raw = typename decltype(result())::type;
};

/// How an error of `and_then` or `recover` rejects.
template <class E>
Rejection as_rejection(E error) {
    if constexpr (std::same_as<E, Rejection>) {
        return error;
    } else if constexpr (std::convertible_to<E, std::error_code>) {
        return Rejection::from_error(error);
    } else {
        return reject(std::move(error));
    }
}

template <class T>
struct PlainValue {
    using Extract = ListOf<T>;
    static Outcome<Extract> pack(T value) { return typename Extract::Tuple(std::move(value)); }
};
template <>
struct PlainValue<void> {
    using Extract = List<>;
};

/// The value of a `Result`, or its error as a rejection.
template <class R>
struct ResultValue;
template <class T, class E>
struct ResultValue<Result<T, E>> {
    using Extract = ListOf<T>;
    static Outcome<Extract> pack(Result<T, E> result) {
        if (!result) {
            Rejection rejection = as_rejection(std::move(result.error()));
            rejection.mark_as_answer();
            return failure(std::move(rejection));
        }
        if constexpr (std::is_void_v<T>) {
            return std::tuple<>();
        } else {
            return typename Extract::Tuple(std::move(*result));
        }
    }
};

/// Calls a function, or makes a task of it, with the values of a filter. `Pack` says what its
/// result extracts.
template <Filter F, class Fn, template <class> class Pack>
class Apply : public FilterBase {
    using Values = typename F::Extract::Tuple;
    using Raw = typename CallOf<Fn, typename F::Extract>::Raw;
    using Value = TaskValue<Raw>;
    static constexpr bool kTask = is_task<Raw>;

public:
    using Extract = typename Pack<Value>::Extract;
    static constexpr bool kAsync = F::kAsync || kTask;

    Apply(F inner, Fn function) : inner_(std::move(inner)), function_(std::move(function)) {}

    Outcome<Extract> check(Input& input) const
        requires(!kAsync)
    {
        return call(inner_.check(input));
    }

    Pending<Extract> start(Input& input) const
        requires kAsync
    {
        Pending<typename F::Extract> values = run(inner_, input);
        if (!values.is_ready()) {
            return after(this, std::move(values).task());
        }
        Outcome<typename F::Extract> outcome = std::move(values).take();
        if constexpr (kTask) {
            if (!outcome) {
                return std::move(outcome.error());
            }
            return call_task(this, std::move(*outcome));
        } else {
            return call(std::move(outcome));
        }
    }

private:
    Outcome<Extract> call(Outcome<typename F::Extract> values) const
        requires(!kTask)
    {
        if (!values) {
            return failure(std::move(values.error()));
        }
        if constexpr (std::is_void_v<Raw>) {
            std::apply(function_, std::move(*values));
            return std::tuple<>();
        } else {
            return Pack<Value>::pack(std::apply(function_, std::move(*values)));
        }
    }

    /// Keeps the values, which the function's task may refer to.
    static Task<Outcome<Extract>> call_task(const Apply* self, Values values)
        requires kTask
    {
        auto task = std::apply(self->function_, std::move(values));
        if constexpr (std::is_void_v<Value>) {
            co_await std::move(task);
            co_return std::tuple<>();
        } else {
            Value value = co_await std::move(task);
            co_return Pack<Value>::pack(std::move(value));
        }
    }

    static Task<Outcome<Extract>> after(const Apply* self,
                                        Task<Outcome<typename F::Extract>> task) {
        Outcome<typename F::Extract> values = co_await std::move(task);
        if constexpr (!kTask) {
            co_return self->call(std::move(values));
        } else {
            if (!values) {
                co_return failure(std::move(values.error()));
            }
            auto answering = std::apply(self->function_, std::move(*values));
            if constexpr (std::is_void_v<Value>) {
                co_await std::move(answering);
                co_return std::tuple<>();
            } else {
                Value value = co_await std::move(answering);
                co_return Pack<Value>::pack(std::move(value));
            }
        }
    }

    F inner_;
    Fn function_;
};

template <class Fn, class F>
constexpr void check_callable() {
    static_assert(
        CallOf<Fn, typename F::Extract>::kPossible,
        "the function cannot be called with the values that the filters before it extract, "
        "in their order (see Filter::Extract). It is called as const, by many connections "
        "at once: a `mutable` lambda does not do, nor does a parameter `T&`.");
}

}  // namespace edo::http::filter::detail
