// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/service.hpp"

#include <utility>

/// To test filters without a server and without a socket.
///
/// @par Example
/// @snippet http_filters.cpp testing
namespace edo::http::filter::testing {

/// The answer of a filter to a request, as a server would send it.
template <Filter F>
[[nodiscard]] Task<Response> reply(F filter, Request request) {
    const std::shared_ptr<Service> serving = service(std::move(filter));
    co_return co_await serving->call(std::move(request));
}

/// What a filter extracts from a request, or its rejection. Views into the request must not be
/// among the values.
template <Filter F>
[[nodiscard]] Task<Outcome<typename F::Extract>> extract(F filter, Request request) {
    Input input(request);
    Pending<typename F::Extract> pending = filter::detail::run(filter, input);
    if (pending.is_ready()) {
        co_return std::move(pending).take();
    }
    Outcome<typename F::Extract> outcome = co_await std::move(pending).task();
    co_return outcome;
}

}  // namespace edo::http::filter::testing
