// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/filter.hpp"

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace edo::http::filter::detail {

/// What stands on the right of a `|`: makes a filter of the one on the left.
template <class Make>
class Step {
public:
    explicit Step(Make make) : make_(std::move(make)) {}

    template <class F>
        requires Filter<std::remove_cvref_t<F>>
    [[nodiscard]] friend auto operator|(F&& filter, Step step) {
        return step.make_(std::remove_cvref_t<F>(std::forward<F>(filter)));
    }

private:
    Make make_;
};

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

/// What `recover` gets out of its function.
template <class T>
struct Recovered {
    using Extract = ListOf<T>;
    static Outcome<Extract> pack(T value) { return typename Extract::Tuple(std::move(value)); }
};
/// A rejection that is passed on stays what it was.
template <class T>
struct Recovered<Result<T, Rejection>> {
    using Extract = ListOf<T>;
    static Outcome<Extract> pack(Result<T, Rejection> result) {
        if (!result) {
            return failure(std::move(result.error()));
        }
        if constexpr (std::is_void_v<T>) {
            return std::tuple<>();
        } else {
            return typename Extract::Tuple(std::move(*result));
        }
    }
};

template <Filter F, class Fn>
class Recover : public FilterBase {
    using Inner = typename F::Extract;
    using Raw = typename CallOf<Fn, List<Rejection>>::Raw;
    using Value = TaskValue<Raw>;
    using Pack = Recovered<Value>;
    using United = UniteImpl<Inner, typename Pack::Extract>;
    static constexpr bool kTask = is_task<Raw>;

public:
    using Extract = typename United::type;
    static constexpr bool kAsync = F::kAsync || kTask;

    Recover(F inner, Fn function) : inner_(std::move(inner)), function_(std::move(function)) {}

    Outcome<Extract> check(Input& input) const
        requires(!kAsync)
    {
        Outcome<Inner> outcome = inner_.check(input);
        return outcome ? keep(std::move(*outcome))
                       : recovered(function_(std::move(outcome.error())));
    }
    Pending<Extract> start(Input& input) const
        requires kAsync
    {
        Pending<Inner> pending = run(inner_, input);
        if (!pending.is_ready()) {
            return after(this, std::move(pending).task());
        }
        Outcome<Inner> outcome = std::move(pending).take();
        if (outcome) {
            return keep(std::move(*outcome));
        }
        if constexpr (kTask) {
            return recover_task(this, std::move(outcome.error()));
        } else {
            return recovered(function_(std::move(outcome.error())));
        }
    }

private:
    static Outcome<Extract> keep(typename Inner::Tuple values) {
        return United::template convert<0, Inner>(std::move(values));
    }
    static Outcome<Extract> recovered(Value value) {
        auto outcome = Pack::pack(std::move(value));
        if (!outcome) {
            return failure(std::move(outcome.error()));
        }
        return United::template convert<1, typename Pack::Extract>(std::move(*outcome));
    }
    static Task<Outcome<Extract>> recover_task(const Recover* self, Rejection rejection)
        requires kTask
    {
        auto task = self->function_(std::move(rejection));
        Value value = co_await std::move(task);
        co_return recovered(std::move(value));
    }
    static Task<Outcome<Extract>> after(const Recover* self, Task<Outcome<Inner>> task) {
        Outcome<Inner> outcome = co_await std::move(task);
        if (outcome) {
            co_return keep(std::move(*outcome));
        }
        if constexpr (kTask) {
            auto recovering = self->function_(std::move(outcome.error()));
            Value value = co_await std::move(recovering);
            co_return recovered(std::move(value));
        } else {
            co_return recovered(self->function_(std::move(outcome.error())));
        }
    }

    F inner_;
    Fn function_;
};

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// `filter | map(f)`: calls a plain function with the values, and extracts what it returns.
///
/// @param function Called as `const`, by many connections at once. For the end of a chain it
/// returns
///     a `Reply`.
/// @par Example
/// @snippet http_filters.cpp map
template <class Fn>
[[nodiscard]] auto map(Fn function) {
    return detail::Step([function = std::move(function)]<class F>(F filter) mutable {
        detail::check_callable<Fn, F>();
        using Raw = typename detail::CallOf<Fn, typename F::Extract>::Raw;
        static_assert(!is_task<Raw> || !detail::CallOf<Fn, typename F::Extract>::kPossible,
                      "the function returns a Task: use `then`");
        return detail::Apply<F, Fn, detail::PlainValue>(std::move(filter), std::move(function));
    });
}

/// `filter | then(f)`: awaits a coroutine with the values, and extracts what it returns. The
/// coroutine may take references to the values, and a lambda may have captures: both outlive it.
/// @par Example
/// @snippet http_filters.cpp then
template <class Fn>
[[nodiscard]] auto then(Fn function) {
    return detail::Step([function = std::move(function)]<class F>(F filter) mutable {
        detail::check_callable<Fn, F>();
        static_assert(is_task<typename detail::CallOf<Fn, typename F::Extract>::Raw>,
                      "the function must return a Task: for a plain function use `map`");
        return detail::Apply<F, Fn, detail::PlainValue>(std::move(filter), std::move(function));
    });
}

/// `filter | and_then(f)`: calls a function, or awaits a coroutine, that returns a `Result`. Its
/// value is extracted; its error rejects: a `Rejection` as it is, a `std::error_code` as
/// `Rejection::from_error`, anything else as `reject(error)`.
/// @par Example
/// @snippet http_filters.cpp and_then
template <class Fn>
[[nodiscard]] auto and_then(Fn function) {
    return detail::Step([function = std::move(function)]<class F>(F filter) mutable {
        detail::check_callable<Fn, F>();
        using Value = detail::TaskValue<typename detail::CallOf<Fn, typename F::Extract>::Raw>;
        static_assert(is_result<Value>,
                      "the function must return a Result<T, E>, or a Task of one, whose error "
                      "rejects the request; else use `map` or `then`");
        return detail::Apply<F, Fn, detail::ResultValue>(std::move(filter), std::move(function));
    });
}

/// `filter | recover(f)`: calls a function, or awaits a coroutine, with the `Rejection`, and goes
/// on with what it returns instead; or, if that is a `Result<T, Rejection>` with an error, with
/// that rejection. The values of both ways are united as those of `or` are.
/// @par Example
/// @snippet http_filters.cpp recover
template <class Fn>
[[nodiscard]] auto recover(Fn function) {
    return detail::Step([function = std::move(function)]<class F>(F filter) mutable {
        static_assert(detail::CallOf<Fn, List<Rejection>>::kPossible,
                      "the function of `recover` is called with a Rejection, as const");
        return detail::Recover<F, Fn>(std::move(filter), std::move(function));
    });
}

/// `filter | with(w)`: whatever `w.wrap(filter)` makes of the filter: see `log`, `cors`, `gzip`.
template <class W>
[[nodiscard]] auto with(W wrapper) {
    return detail::Step([wrapper = std::move(wrapper)]<class F>(F filter) mutable {
        static_assert(
            requires { wrapper.wrap(std::move(filter)); },
            "`with` takes something that has a function wrap(filter)");
        return wrapper.wrap(std::move(filter));
    });
}

/// `filter | unify<T>()`: one `std::variant`, as `or` extracts it, becomes a `T`, which all its
/// alternatives convert to.
template <class T>
[[nodiscard]] auto unify() {
    return map([](auto either) {
        return std::visit([](auto&& one) -> T { return T(std::move(one)); }, std::move(either));
    });
}

}  // namespace edo::http::filter
