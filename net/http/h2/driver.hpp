// SPDX-License-Identifier: MIT
// Joins the core of HTTP/2 with a stream. Included by the source files that instantiate
// `serve_connection` for a type of stream.
#pragma once

#include "edo/net/http/h2/serve_connection.hpp"
#include "edo/net/http/h2/server_core.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/io/write.hpp"
#include "edo/runtime/join_set.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/timeout.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace edo::http::h2::detail {

template <class S>
class ServerDriver {
public:
    ServerDriver(S stream, Serving serving)
        : stream_(std::move(stream)), core_(std::make_shared<ServerCore>(std::move(serving))) {}

    [[nodiscard]] Task<void> serve(std::string received) {
        static_cast<void>(co_await select(biased, obey(), send(), receive(std::move(received))));
        // What is still to be said: GOAWAY, mostly.
        static_cast<void>(co_await timeout(std::chrono::seconds(1), say_goodbye()));
        co_await handlers_.shutdown();
    }

private:
    /// Ends when the connection is to be killed.
    [[nodiscard]] Task<void> obey() {
        co_await core_->serving().stop().cancelled();
        core_->stop();
        co_await core_->serving().kill().cancelled();
    }

    /// Ends when all is said, or cannot be.
    [[nodiscard]] Task<void> send() {
        for (;;) {
            const std::string out = core_->send();
            if (!out.empty()) {
                const auto sent = co_await timeout(core_->serving().options().write_timeout,
                                                   io::write_all(stream_, out));
                if (!sent || !*sent) {
                    co_return;
                }
            } else if (core_->is_over()) {
                co_return;
            } else {
                co_await core_->output().notified();
            }
        }
    }

    /// Ends when the client has ended the connection, breaks the rules, or is idle for too long.
    [[nodiscard]] Task<void> receive(std::string received) {
        if (!received.empty() && !take(std::as_bytes(std::span(received)))) {
            co_return;
        }
        const auto buffer = std::make_unique<std::byte[]>(kReadSize);
        const ServerOptions& options = core_->serving().options();
        Duration limit = options.header_timeout;
        for (;;) {
            const std::span<std::byte> room(buffer.get(), kReadSize);
            const auto count = co_await timeout(limit, stream_.read(room));
            limit = options.idle_timeout;
            if (!count) {
                if (core_->is_idle()) {
                    core_->stop();
                    co_return;
                }
                continue;
            }
            if (!*count || **count == 0 || !take(room.first(**count))) {
                co_return;
            }
        }
    }

    [[nodiscard]] bool take(std::span<const std::byte> bytes) {
        const bool good = core_->receive(bytes);
        while (handlers_.try_join_next()) {  // those that are done
        }
        for (StreamPtr& stream : core_->take_requests()) {
            ServerStream& serving = *stream;
            core_->set_handler(serving,
                               handlers_.spawn(ServerCore::serve(core_, std::move(stream))));
        }
        return good;
    }

    [[nodiscard]] Task<void> say_goodbye() {
        for (;;) {
            const std::string out = core_->send();
            if (out.empty()) {
                break;
            }
            const auto sent = co_await io::write_all(stream_, out);
            if (!sent) {
                co_return;
            }
        }
        if constexpr (edo::detail::HasShutdown<S>) {
            static_cast<void>(co_await stream_.shutdown());
        }
    }

    static constexpr std::size_t kReadSize = std::size_t{16} * 1024;

    S stream_;
    std::shared_ptr<ServerCore> core_;
    JoinSet<void> handlers_;
};

}  // namespace edo::http::h2::detail

namespace edo::http::h2 {

template <class S>
Task<void> serve_connection(S stream, Serving serving, std::string received) {
    detail::ServerDriver<S> driver(std::move(stream), std::move(serving));
    co_await driver.serve(std::move(received));
}

}  // namespace edo::http::h2
