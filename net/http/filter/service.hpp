// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/boxed.hpp"
#include "edo/net/http/service.hpp"

#include <memory>
#include <utility>

namespace edo::http::filter::detail {

[[nodiscard]] std::shared_ptr<Service> make_filter_service(BoxedFilter<Response> filter);

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// A service of a filter that ends in a reply: what a server runs.
///
/// What the filter rejects becomes the answer of the rejection. An exception that leaves a filter
/// or a handler becomes 500, with a line in the log, and only for its request.
///
/// @par Thread safety
/// The service is called by many connections at the same time.
/// @par Example
/// @snippet http_filters.cpp service
template <Filter F>
[[nodiscard]] std::shared_ptr<Service> service(F filter) {
    return detail::make_filter_service(
        BoxedFilter<Response>(detail::Respond<F>(std::move(filter))));
}

}  // namespace edo::http::filter
