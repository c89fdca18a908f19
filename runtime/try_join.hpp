// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/join.hpp"

#include <optional>

namespace edo {

namespace detail {

/// Ends the wait at an exception or at a `Result` that holds an error.
struct StopOnError {
    template <class R>
    static bool stops(PromiseBase& promise) noexcept {
        auto& result = static_cast<Promise<R>&>(promise).result();
        return result.failed() || result.is_failure();
    }
};

template <class R, class... Rest>
struct SameError {
    using type = typename R::error_type;
    static constexpr bool value = (std::is_same_v<type, typename Rest::error_type> && ...);
};

template <class... R>
class TryJoinAwaiter : public JoinGroup<StopOnError, R...> {
public:
    using Error = typename SameError<R...>::type;
    using Values = std::tuple<NonVoid<typename R::value_type>...>;

    explicit TryJoinAwaiter(std::tuple<BranchInput<R>...>& inputs) noexcept
        : JoinGroup<StopOnError, R...>(inputs) {}

    Result<Values, Error> await_resume() { return collect(std::index_sequence_for<R...>()); }

private:
    template <std::size_t I>
    void take_error(std::optional<Error>& error) {
        if (this->index_of(*this->stopper()) == I) {
            error.emplace(std::move(this->template take<I>().error()));
        }
    }
    template <std::size_t... I>
    Result<Values, Error> collect(std::index_sequence<I...>) {
        if (this->stopper() != nullptr) {
            std::optional<Error> error;
            (take_error<I>(error), ...);
            return failure(std::move(*error));
        }
        return Values{non_void([this]() -> typename R::value_type {
            auto result = this->template take<I>();
            if constexpr (!std::is_void_v<typename R::value_type>) {
                return std::move(*result);
            }
        })...};
    }
};

template <class... R>
class [[nodiscard("try_join() does nothing until it is awaited")]] TryJoin {
public:
    explicit TryJoin(BranchInput<R>... inputs) : inputs_(std::move(inputs)...) {}

    TryJoinAwaiter<R...> operator co_await() && {
        std::apply([](auto&... input) { (input.check(), ...); }, inputs_);
        return TryJoinAwaiter<R...>(inputs_);
    }

private:
    std::tuple<BranchInput<R>...> inputs_;
};

}  // namespace detail

/// Like `join` for branches that return a `Result`: the first error destroys the other branches and
/// is the result; otherwise the result holds the tuple of values (`Unit` for void).
///
/// @par Example
/// @snippet join.cpp try_join
template <detail::BranchArgument... A>
    requires(sizeof...(A) > 0 && (is_result<detail::BranchResult<A>> && ...))
[[nodiscard]] auto try_join(A&&... branches) {
    static_assert(detail::SameError<detail::BranchResult<A>...>::value,
                  "the branches of try_join must have the same error type");
    return detail::TryJoin<detail::BranchResult<A>...>(
        detail::branch_input(std::forward<A>(branches))...);
}

}  // namespace edo
