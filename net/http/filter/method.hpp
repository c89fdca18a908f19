// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/filter.hpp"

namespace edo::http::filter::detail {

class MethodIs : public FilterBase {
public:
    using Extract = List<>;
    static constexpr bool kAsync = false;
    explicit MethodIs(MethodSet methods) noexcept : methods_(methods) {}
    Outcome<Extract> check(Input& input) const {
        if ((method_bit(input.request().method) & methods_) == 0) {
            return failure(Rejection::method_not_allowed(methods_));
        }
        return std::tuple<>();
    }

private:
    MethodSet methods_;
};

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// Matches requests of one method; others are rejected with 405 and `Allow`. Put them behind
/// `path`, so that a path that does not exist is 404 whatever the method.
///
/// `get()` also matches HEAD, which is a GET whose answer is sent without its body.
[[nodiscard]] inline auto method(Method method) {
    return detail::MethodIs(detail::method_bit(method));
}
[[nodiscard]] inline auto get() {
    return detail::MethodIs(detail::method_bit(Method::Get) | detail::method_bit(Method::Head));
}
[[nodiscard]] inline auto head() {
    return method(Method::Head);
}
[[nodiscard]] inline auto post() {
    return method(Method::Post);
}
[[nodiscard]] inline auto put() {
    return method(Method::Put);
}
[[nodiscard]] inline auto patch() {
    return method(Method::Patch);
}
[[nodiscard]] inline auto del() {
    return method(Method::Delete);
}
[[nodiscard]] inline auto options() {
    return method(Method::Options);
}

}  // namespace edo::http::filter
