// SPDX-License-Identifier: MIT
// What `with` makes of a filter that ends in a reply, for wrappers that look at the request before
// it, and at the answer or the rejection after it.
#pragma once

#include "edo/net/http/filter/boxed.hpp"

#include <optional>
#include <utility>

namespace edo::http::filter::detail {

using ResponseOutcome = Outcome<List<Response>>;

/// `W` has a type `State`; `State before(const Input&) const`, called first, since a handler may
/// take the request away; and `void after(State&, ResponseOutcome&) const`. It may answer in the
/// filter's place: `std::optional<Response> answer(State&, const Input&) const`.
template <Filter F, class W>
class Around : public FilterBase {
public:
    using Extract = List<Response>;
    static constexpr bool kAsync = F::kAsync;

    Around(F inner, W wrapper) : inner_(std::move(inner)), wrapper_(std::move(wrapper)) {}

    Outcome<Extract> check(Input& input) const
        requires(!kAsync)
    {
        State state = wrapper_.before(input);
        std::optional<Response> instead = wrapper_.answer(state, input);
        Outcome<Extract> outcome = instead
                                       ? Outcome<Extract>(std::tuple<Response>(std::move(*instead)))
                                       : inner_.check(input);
        wrapper_.after(state, outcome);
        return outcome;
    }

    Pending<Extract> start(Input& input) const
        requires kAsync
    {
        State state = wrapper_.before(input);
        if (std::optional<Response> instead = wrapper_.answer(state, input)) {
            Outcome<Extract> outcome = std::tuple<Response>(std::move(*instead));
            wrapper_.after(state, outcome);
            return outcome;
        }
        Pending<Extract> pending = inner_.start(input);
        if (!pending.is_ready()) {
            return later(this, std::move(state), std::move(pending).task());
        }
        Outcome<Extract> outcome = std::move(pending).take();
        wrapper_.after(state, outcome);
        return outcome;
    }

private:
    using State = typename W::State;

    static Task<Outcome<Extract>> later(const Around* self, State state,
                                        Task<Outcome<Extract>> task) {
        Outcome<Extract> outcome = co_await std::move(task);
        self->wrapper_.after(state, outcome);
        co_return outcome;
    }

    F inner_;
    W wrapper_;
};

template <Filter F, class W>
auto wrap_around(F filter, W wrapper) {
    using Answering = Respond<F>;
    return Around<Answering, W>(Answering(std::move(filter)), std::move(wrapper));
}

}  // namespace edo::http::filter::detail
