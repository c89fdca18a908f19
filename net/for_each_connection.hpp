// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/listener.hpp"
#include "edo/runtime/spawn.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <system_error>
#include <type_traits>
#include <utility>

namespace edo::net {

/// Accepts connections until the listener fails, and handles each in a task of its own: the loop of
/// a server that needs no more than that.
///
/// The tasks are detached. They go on when this ends, or is dropped, as long as the runtime does: a
/// server that finishes its connections at the end gives `handle` a `TaskTracker` and a
/// `sync::CancellationToken`, or has a loop of its own.
///
/// @param listener Must outlive the task.
/// @param handle Called with the connection and the address of its peer; returns a `Task<void>`.
/// Each
///     task gets a copy, which lives as long as it does; so a lambda may be a coroutine with
///     captures. An exception that leaves it is logged, and ends that connection only.
/// @return Why nothing can be accepted any more. That descriptors have run out is no reason: see
///     `TcpListener::accept`.
///
/// @par Cancel safety
/// Cancel safe: no connection is lost.
///
/// @par Example
/// @snippet tcp_listener.cpp for_each_connection
template <Listener L, class F>
    requires std::copy_constructible<F> &&
             std::same_as<std::invoke_result_t<F&, typename L::Stream, typename L::Address>,
                          Task<void>>
[[nodiscard]] Task<std::error_code> for_each_connection(L& listener, F handle) {
    for (;;) {
        auto accepted = co_await listener.accept();
        if (!accepted) {
            co_return accepted.error();
        }
        spawn(handle, std::move(accepted->first), std::move(accepted->second)).detach();
    }
}

}  // namespace edo::net
