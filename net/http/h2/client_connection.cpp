// SPDX-License-Identifier: MIT
// The task that moves the bytes between the core of a client's connection and its stream.
#include "edo/net/http/h2/client_connection.hpp"

#include "edo/net/http/error.hpp"
#include "edo/runtime/io/write.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/spawn.hpp"
#include "edo/runtime/timeout.hpp"

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <system_error>

namespace edo::http::h2 {

namespace {

using detail::ClientCore;

constexpr std::size_t kReadSize = std::size_t{16} * 1024;
/// How long the end may take.
constexpr std::chrono::seconds kPatience{1};

/// Whatever ends the task, a shutdown of the runtime too: nobody waits for answers any more.
class Ending {
public:
    explicit Ending(ClientCore& core) noexcept : core_(core) {}
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending() { core_.end(make_error_code(Errc::ConnectionClosed)); }

private:
    ClientCore& core_;
};

/// Sends what there is. Ends when all is said, or with the error of the stream.
Task<std::error_code> send(ClientCore& core, AnyIo& io) {
    for (;;) {
        const std::string out = core.send();
        if (!out.empty()) {
            auto sent = co_await io::write_all(io, out);
            if (sent) {
                sent = co_await io.flush();
            }
            if (!sent) {
                co_return sent.error();
            }
        } else if (core.is_over()) {
            co_return std::error_code();
        } else {
            co_await core.output().notified();
        }
    }
}

/// Takes what comes. Ends with the reason why nothing does any more.
Task<std::error_code> receive(ClientCore& core, AnyIo& io, ClientOptions options) {
    const auto buffer = std::make_unique<std::byte[]>(kReadSize);
    const std::span<std::byte> room(buffer.get(), kReadSize);
    bool is_asked = false;  // a ping is on its way
    for (;;) {
        Result<std::size_t> count;
        if (options.ping_interval) {
            const Duration limit = is_asked ? options.ping_timeout : *options.ping_interval;
            auto in_time = co_await timeout(limit, io.read(room));
            if (!in_time && is_asked) {
                co_return make_error_code(std::errc::timed_out);
            }
            if (!in_time) {
                is_asked = core.ping();
                continue;
            }
            is_asked = false;
            count = *in_time;
        } else {
            count = co_await io.read(room);
        }
        if (!count) {
            co_return count.error();
        }
        if (*count == 0) {
            co_return make_error_code(Errc::ConnectionClosed);
        }
        if (!core.receive(room.first(*count))) {
            co_return make_error_code(Errc::ProtocolError);
        }
    }
}

Task<void> drive(std::shared_ptr<ClientCore> core, AnyIo io, ClientOptions options) {
    const Ending ending(*core);
    Task<std::error_code> receiving = receive(*core, io, options);
    Task<std::error_code> sending = send(*core, io);
    auto first = co_await select(biased, receiving, sending, core->closing().notified());
    const Instant deadline = edo::detail::saturating_add(now(), kPatience);
    std::error_code reason = make_error_code(Errc::ConnectionClosed);
    if (first.is<0>()) {
        reason = first.get<0>();
    } else if (first.is<1>() && first.get<1>()) {
        reason = first.get<1>();
        // Who hangs up may have said why.
        static_cast<void>(co_await timeout_at(deadline, receiving));
    }
    const bool is_closed = first.is<2>();
    if (!is_closed) {
        core->end(reason);
    }
    if (!first.is<1>()) {
        static_cast<void>(co_await timeout_at(deadline, sending));  // the goodbye
    }
    static_cast<void>(co_await timeout_at(deadline, io.shutdown()));
}

}  // namespace

std::shared_ptr<ClientConnection> ClientConnection::start(AnyIo io,
                                                          std::optional<net::SocketAddr> peer,
                                                          const ClientOptions& options) {
    auto core = std::make_shared<ClientCore>(options);
    auto connection = std::make_shared<ClientConnection>(core, peer);
    spawn(drive(std::move(core), std::move(io), options)).detach();
    return connection;
}

}  // namespace edo::http::h2
