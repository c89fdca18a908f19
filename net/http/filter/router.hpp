// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/method.hpp"
#include "edo/net/http/filter/route_tree.hpp"

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace edo::http::filter {

/// The handlers of one route, a method each: `get(show).post(change)`.
class MethodRoutes {
public:
    MethodRoutes() = default;

    /// Adds a handler for a method.
    template <class H>
    MethodRoutes&& on(Method method, H handler) && {
        return add(detail::method_bit(method), detail::make_handler(std::move(handler)));
    }
    template <class H>
    MethodRoutes&& get(H handler) && {
        return std::move(*this).on(Method::Get, std::move(handler));
    }
    template <class H>
    MethodRoutes&& post(H handler) && {
        return std::move(*this).on(Method::Post, std::move(handler));
    }
    template <class H>
    MethodRoutes&& put(H handler) && {
        return std::move(*this).on(Method::Put, std::move(handler));
    }
    template <class H>
    MethodRoutes&& patch(H handler) && {
        return std::move(*this).on(Method::Patch, std::move(handler));
    }
    template <class H>
    MethodRoutes&& del(H handler) && {
        return std::move(*this).on(Method::Delete, std::move(handler));
    }
    /// Adds a handler for all methods that have none yet.
    template <class H>
    MethodRoutes&& any(H handler) && {
        return add(detail::MethodSet(~taken_), detail::make_handler(std::move(handler)));
    }

private:
    friend class Router;
    struct Entry {
        detail::MethodSet methods;
        detail::Handler handler;
    };
    MethodRoutes&& add(detail::MethodSet methods, detail::Handler handler);

    std::vector<Entry> entries_;
    detail::MethodSet taken_ = 0;
};

/// A handler for requests of one method, to be given to `Router::route`. See `Router`.
template <class H>
[[nodiscard]] MethodRoutes on(Method method, H handler) {
    return MethodRoutes().on(method, std::move(handler));
}
template <class H>
[[nodiscard]] MethodRoutes get(H handler) {
    return on(Method::Get, std::move(handler));
}
template <class H>
[[nodiscard]] MethodRoutes post(H handler) {
    return on(Method::Post, std::move(handler));
}
template <class H>
[[nodiscard]] MethodRoutes put(H handler) {
    return on(Method::Put, std::move(handler));
}
template <class H>
[[nodiscard]] MethodRoutes patch(H handler) {
    return on(Method::Patch, std::move(handler));
}
template <class H>
[[nodiscard]] MethodRoutes del(H handler) {
    return on(Method::Delete, std::move(handler));
}
/// For all methods.
template <class H>
[[nodiscard]] MethodRoutes any(H handler) {
    return MethodRoutes().any(std::move(handler));
}

/// Many routes as one filter, which costs by the length of a path, not by the number of routes.
///
/// ```cpp
/// auto router = Router()
///                   .route("/users/{id}", get(show_user).put(change_user))
///                   .route("/files/{*path}", get(param<std::string>("path") | then(send_file)))
///                   .nest("/admin", admin_router());
/// ```
///
/// In a pattern `{name}` stands for one segment, which is not empty, and `{*name}`, at the end, for
/// all that is left, which is not empty. Text goes before `{name}`, and that before `{*name}`;
/// where the more special way leads nowhere, the other one is tried. One slash at the end of a path
/// or a pattern does not count.
///
/// A **handler** is a filter that ends in a reply; or a function, or a coroutine, that returns one.
/// The parameters of a function are, in their order, the parts of the path that the pattern names
/// (all of them or none), and besides `Request`, `Headers`, `Body`, `FromQuery<T>`, `FromForm<T>`,
/// `FromJson<T>`, or types that `Parameter` is specialised for. It is called as const, by many
/// connections at the same time.
///
/// A path that is there for other methods is rejected with 405 and `Allow`, one that is not with
/// 404. HEAD goes where GET goes, unless it has a handler of its own.
///
/// @par Thread safety
/// That of a value; a router that is in use is only read. Copies share their routes until one of
/// them is changed.
/// @par Misuse
/// A pattern that is malformed, or there already for the same method, or whose handler takes
/// another number of parts of the path than it has, throws `UsageError`.
/// @par Example
/// @snippet http_router.cpp router
class Router : public FilterBase {
public:
    using Extract = List<Response>;
    static constexpr bool kAsync = true;

    Router();

    /// Adds the handlers of a pattern. May be called again for other methods of the same one.
    Router& route(std::string_view pattern, MethodRoutes handlers) &;
    Router&& route(std::string_view pattern, MethodRoutes handlers) && {
        return std::move(route(pattern, std::move(handlers)));
    }

    /// Adds all routes of another router, and its fallback, below `prefix`, which may name parts of
    /// the path; handlers get them with `param<T>("name")`.
    Router& nest(std::string_view prefix, const Router& other) &;
    Router&& nest(std::string_view prefix, const Router& other) && {
        return std::move(nest(prefix, other));
    }
    /// Hands all requests below `prefix` that no route is there for to a filter, which sees the
    /// rest of the path.
    template <Filter F>
    Router& nest(std::string_view prefix, F filter) & {
        return mount(prefix, BoxedFilter<Response>(detail::Respond<F>(std::move(filter))));
    }
    template <Filter F>
    Router&& nest(std::string_view prefix, F filter) && {
        return std::move(nest(prefix, std::move(filter)));
    }
    /// What answers where no route does: a handler as any other, for all methods. Such a router
    /// rejects no path: in `a or router` it also answers what `a` has rejected.
    template <class H>
    Router& fallback(H handler) & {
        return mount("/", detail::make_handler(std::move(handler)).filter);
    }
    template <class H>
    Router&& fallback(H handler) && {
        return std::move(fallback(std::move(handler)));
    }

    Pending<Extract> start(Input& input) const { return tree_->start(input); }

private:
    Router& mount(std::string_view prefix, BoxedFilter<Response> filter);
    detail::RouteTree& own_tree();

    std::shared_ptr<detail::RouteTree> tree_;
};

}  // namespace edo::http::filter
