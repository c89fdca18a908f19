// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/request.hpp"
#include "edo/net/http/response.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace edo::http {

/// What answers requests: what a server calls, and what layers around it call.
///
/// One service serves all connections: `call` is called from many tasks, on several threads, at the
/// same time.
class Service {
public:
    Service() = default;
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    virtual ~Service() = default;

    /// Answers one request. The server drops the task when the connection times out, or it is
    /// stopped; a client that goes away while the service works is noticed when the answer is sent.
    ///
    /// An exception is answered with 500, and logged.
    [[nodiscard]] virtual Task<Response> call(Request request) = 0;
};

}  // namespace edo::http

namespace edo::http::detail {

template <class F>
class FunctionService final : public Service {
public:
    explicit FunctionService(F function) : function_(std::move(function)) {}
    Task<Response> call(Request request) override { return function_(std::move(request)); }

private:
    F function_;
};

}  // namespace edo::http::detail

namespace edo::http {

/// A service of a function that takes a `Request` and returns a `Task<Response>`. The function, and
/// what a lambda has captured, lives as long as the service; so a lambda may be a coroutine with
/// captures here. It is called from several threads at the same time.
///
/// @par Example
/// @snippet http_message.cpp service
template <class F>
    requires std::same_as<std::invoke_result_t<F&, Request>, Task<Response>>
[[nodiscard]] std::shared_ptr<Service> make_service(F function) {
    return std::make_shared<detail::FunctionService<F>>(std::move(function));
}

}  // namespace edo::http
