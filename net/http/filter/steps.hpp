// SPDX-License-Identifier: MIT
// What follows a filter behind a `|`.
#pragma once

#include "edo/net/http/filter/apply.hpp"
#include "edo/net/http/filter/filter.hpp"
#include "edo/net/http/filter/recover.hpp"

#include <type_traits>
#include <utility>
#include <variant>

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
