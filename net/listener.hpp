// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/io/split.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::net {

/// Something that accepts connections: a `TcpListener`, a `UnixListener`, or one of your own that
/// makes another stream of each connection, for example with TLS. For servers that do not care
/// which.
///
/// It has types `Stream` and `Address`; `accept()` yields the next connection and the address of
/// its peer, and must be cancel safe; `local_addr()` is the address on which it listens.
///
/// @par Example
/// @snippet tcp_listener.cpp listener
template <class L>
concept Listener = requires(L& listener, const L& same) {
    typename L::Stream;
    typename L::Address;
    requires io::AsyncReadWrite<typename L::Stream>;
    {
        listener.accept()
    } -> detail::AwaitableOf<Result<std::pair<typename L::Stream, typename L::Address>>>;
    { same.local_addr() } -> std::same_as<Result<typename L::Address>>;
};

/// The connections that a listener accepts; made by `incoming`. It is an `edo::stream::Stream`.
template <class L>
    requires Listener<std::remove_reference_t<L>>
class Incoming {
public:
    using Item = Result<typename std::remove_reference_t<L>::Stream>;

    explicit Incoming(L&& listener) : listener_(std::forward<L>(listener)) {}

    /// The next connection. An error of the listener is yielded, too, and ends the stream. Cancel
    /// safe.
    [[nodiscard]] Task<std::optional<Item>> next() {
        if (is_over_) {
            co_return std::nullopt;
        }
        auto accepted = co_await listener_.accept();
        if (!accepted) {
            is_over_ = true;
            co_return Item(failure(accepted.error()));
        }
        co_return Item(std::move(accepted->first));
    }

    [[nodiscard]] std::remove_reference_t<L>& inner() noexcept { return listener_; }
    /// Gives the listener back.
    [[nodiscard]] L into_inner() && { return std::forward<L>(listener_); }

private:
    L listener_;
    bool is_over_ = false;
};

/// The connections of a listener as a stream, without the addresses of their peers.
///
/// @param listener Kept if it is an rvalue, else used by reference and must outlive the stream.
/// @par Example
/// @snippet tcp_listener.cpp incoming
template <class L>
[[nodiscard]] Incoming<L> incoming(L&& listener) {
    return Incoming<L>(std::forward<L>(listener));
}

}  // namespace edo::net
