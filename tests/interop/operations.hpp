// SPDX-License-Identifier: MIT
// Asynchronous operations in Asio's manner, for tests.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

namespace edo::test {

/// Completes with these values, through the handler's executor as every good operation does.
template <class Signature, class Token, class... Values>
auto async_complete(Token&& token, Values&&... values) {
    return boost::asio::async_initiate<Token, Signature>(
        [](auto handler, auto... given) {
            const auto executor = boost::asio::get_associated_executor(handler);
            boost::asio::post(executor, [handler = std::move(handler),
                                         given = std::tuple(std::move(given)...)]() mutable {
                std::apply(std::move(handler), std::move(given));
            });
        },
        token, std::forward<Values>(values)...);
}

/// Calls the handler on a thread of its own, whatever the handler's executor.
template <class Token>
auto async_on_thread(Token&& token, int value) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, int)>(
        [](auto handler, int given) {
            std::thread([handler = std::move(handler), given]() mutable {
                std::move(handler)(boost::system::error_code(), given);
            }).detach();
        },
        token, value);
}

}  // namespace edo::test
