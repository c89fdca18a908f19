// SPDX-License-Identifier: MIT
// Two filters, one after the other.
#pragma once

#include "edo/net/http/filter/filter_concept.hpp"

#include <tuple>
#include <utility>

namespace edo::http::filter::detail {

template <Filter L, Filter R>
class And : public FilterBase {
public:
    using Extract = Concat<typename L::Extract, typename R::Extract>;
    static constexpr bool kAsync = L::kAsync || R::kAsync;

    And(L left, R right) : left_(std::move(left)), right_(std::move(right)) {}

    Outcome<Extract> check(Input& input) const
        requires(!kAsync)
    {
        Left left = left_.check(input);
        if (!left) {
            return failure(std::move(left.error()));
        }
        return join(std::move(*left), right_.check(input));
    }

    Pending<Extract> start(Input& input) const
        requires kAsync
    {
        Pending<typename L::Extract> left = run(left_, input);
        if (!left.is_ready()) {
            return after_left(this, &input, std::move(left).task());
        }
        Left values = std::move(left).take();
        if (!values) {
            return std::move(values.error());
        }
        Pending<typename R::Extract> right = run(right_, input);
        if constexpr (L::Extract::size == 0) {
            return right;
        } else {
            if (right.is_ready()) {
                return join(std::move(*values), std::move(right).take());
            }
            return after_right(std::move(*values), std::move(right).task());
        }
    }

private:
    using Left = Outcome<typename L::Extract>;
    using Right = Outcome<typename R::Extract>;

    static Outcome<Extract> join(typename L::Extract::Tuple left, Right right) {
        if (!right) {
            return failure(std::move(right.error()));
        }
        return std::tuple_cat(std::move(left), std::move(*right));
    }
    static Task<Outcome<Extract>> after_right(typename L::Extract::Tuple left, Task<Right> right) {
        Right values = co_await std::move(right);
        co_return join(std::move(left), std::move(values));
    }
    static Task<Outcome<Extract>> after_left(const And* self, Input* input, Task<Left> left) {
        Left values = co_await std::move(left);
        if (!values) {
            co_return failure(std::move(values.error()));
        }
        Pending<typename R::Extract> right = run(self->right_, *input);
        if (right.is_ready()) {
            co_return join(std::move(*values), std::move(right).take());
        }
        Right more = co_await std::move(right).task();
        co_return join(std::move(*values), std::move(more));
    }

    L left_;
    R right_;
};

}  // namespace edo::http::filter::detail
