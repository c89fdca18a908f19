// SPDX-License-Identifier: MIT
// A filter whose rejection goes through a function or a coroutine.
#pragma once

#include "edo/net/http/filter/apply.hpp"

#include <type_traits>
#include <utility>

namespace edo::http::filter::detail {

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
