// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/router.hpp"

#include "edo/runtime/errors.hpp"

namespace edo::http::filter {

MethodRoutes&& MethodRoutes::add(detail::MethodSet methods, detail::Handler handler) {
    if ((methods & taken_) != 0) {
        throw UsageError("two handlers for " + detail::allow_text(methods & taken_) +
                         " in one route: keep one of them");
    }
    taken_ |= methods;
    entries_.push_back({methods, std::move(handler)});
    return std::move(*this);
}

Router::Router() : tree_(std::make_shared<detail::RouteTree>()) {}

Router& Router::route(std::string_view pattern, MethodRoutes handlers) & {
    if (handlers.entries_.empty()) {
        throw UsageError("route \"" + std::string(pattern) + "\" has no handler");
    }
    for (MethodRoutes::Entry& entry : handlers.entries_) {
        own_tree().add(pattern, entry.methods, std::move(entry.handler));
    }
    return *this;
}

Router& Router::nest(std::string_view prefix, const Router& other) & {
    const std::shared_ptr<detail::RouteTree> nested = other.tree_;  // may be this one
    own_tree().nest(prefix, *nested);
    return *this;
}

Router& Router::mount(std::string_view prefix, BoxedFilter<Response> filter) {
    own_tree().mount(prefix, std::move(filter));
    return *this;
}

detail::RouteTree& Router::own_tree() {
    if (tree_.use_count() > 1) {
        tree_ = std::make_shared<detail::RouteTree>(*tree_);
    }
    return *tree_;
}

}  // namespace edo::http::filter
