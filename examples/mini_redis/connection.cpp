// SPDX-License-Identifier: MIT
#include "connection.hpp"

#include "commands.hpp"
#include "reply.hpp"
#include <edo/runtime/propagate.hpp>
#include <edo/runtime/select.hpp>
#include <edo/runtime/timeout.hpp>

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

namespace mini_redis {

namespace {

using edo::Result;
using edo::Task;

constexpr std::size_t kInputBuffer = 16 << 10;
/// Replies are written when there are that many bytes, though there are more commands.
constexpr std::size_t kOutputBatch = 64 << 10;
/// For how long, and how much of, what a client still sends is thrown away before it is cut off.
constexpr std::chrono::milliseconds kLingerTime{500};
constexpr std::size_t kLingerBytes = 16 << 20;

}  // namespace

Connection::Connection(edo::net::TcpStream stream, Shared& shared)
    : stream_(std::move(stream)),
      stop_(shared.stop.child_token()),
      in_(kInputBuffer),
      parser_(RequestLimits()),
      session_(shared, stop_) {}

Task<void> Connection::run() {
    stream_.set_nodelay(true);
    const Result<void> served = co_await serve();
    if (served) {  // else the client is gone
        co_await close();
    }
}

Task<Result<void>> Connection::serve() {
    Wait wait = Wait::Ready;
    for (;;) {
        const bool is_more_left = answer();
        if (!session_.out.empty()) {
            co_await edo::propagate(co_await write());
        }
        if (session_.is_over || wait == Wait::End) {
            co_return Result<void>();
        }
        if (is_more_left) {
            continue;
        }
        if (wait == Wait::Stop) {
            // What has arrived is answered, and nothing that comes later.
            if (!read_what_is_there()) {
                co_return Result<void>();
            }
            wait = Wait::End;
        } else if (session_.subscriptions.empty()) {
            wait = co_await wait_for_request();
        } else {
            wait = co_await wait_for_request_or_message();
        }
    }
}

/// Runs the commands that are complete. Returns whether there may be more of them, as there is
/// enough to be written first.
bool Connection::answer() {
    std::string& out = session_.out;
    while (!session_.is_over) {
        if (out.size() >= kOutputBatch) {
            return true;
        }
        switch (parser_.parse(in_.text())) {
            case RequestParser::Outcome::Incomplete:
                return false;
            case RequestParser::Outcome::Failed:
                reply::error(out, "ERR Protocol error: " + parser_.error());
                session_.is_over = true;
                return false;
            case RequestParser::Outcome::Complete:
                if (!parser_.arguments().empty()) {
                    run_command(session_, parser_.arguments());
                }
                in_.consume(parser_.size());
                break;
        }
    }
    return false;
}

Task<Connection::Wait> Connection::wait_for_request() {
    // The end goes first: a client that never stops sending must not put it off.
    auto first = co_await edo::select(edo::biased, stop_.cancelled(), stream_.read(in_.prepare()));
    const Result<std::size_t>* const count = first.get_if<1>();
    co_return count == nullptr ? Wait::Stop : got(*count);
}

Task<Connection::Wait> Connection::wait_for_request_or_message() {
    auto first = co_await edo::select(stream_.read(in_.prepare()), stop_.cancelled(),
                                      session_.subscriptions.receiver().recv());
    if (const Result<std::size_t>* const count = first.get_if<0>()) {
        co_return got(*count);
    }
    if (auto* const message = first.get_if<2>()) {
        session_.subscriptions.append(message->value(), session_.out);
        session_.subscriptions.append_waiting(session_.out, kOutputBatch);
        co_return Wait::Ready;
    }
    co_return Wait::Stop;
}

/// Writes all replies. With subscriptions only until the client turns out to be too slow for its
/// messages.
Task<Result<void>> Connection::write() {
    std::string& out = session_.out;
    Result<void> written;
    if (session_.subscriptions.empty()) {
        written = co_await stream_.write_all(out);
    } else {
        auto first = co_await edo::select(edo::biased, stream_.write_all(out), stop_.cancelled());
        if (const Result<void>* const result = first.get_if<0>()) {
            written = *result;
        } else {
            written = edo::failure(std::errc::operation_canceled);
        }
    }
    if (out.capacity() > 2 * kOutputBatch) {
        out = std::string();  // one large value must not take memory for ever
    }
    out.clear();
    co_return written;
}

/// Lets the client read the last replies: a socket that is closed before all was read from it sends
/// a reset, which may overtake them.
Task<void> Connection::close() {
    static_cast<void>(co_await stream_.shutdown());
    static_cast<void>(co_await edo::timeout(kLingerTime, throw_away()));
}

Task<void> Connection::throw_away() {
    std::size_t total = 0;
    while (total < kLingerBytes) {
        in_.clear();
        const Result<std::size_t> count = co_await stream_.read(in_.prepare());
        if (!count || *count == 0) {
            co_return;
        }
        total += *count;
    }
}

Connection::Wait Connection::got(const Result<std::size_t>& count) {
    if (!count || *count == 0) {
        return Wait::End;
    }
    in_.commit(*count);
    return Wait::Ready;
}

/// Returns whether there was something.
bool Connection::read_what_is_there() {
    std::size_t total = 0;
    while (total < kOutputBatch) {
        const Result<std::size_t> count = stream_.try_read(in_.prepare());
        if (!count || *count == 0) {
            break;
        }
        in_.commit(*count);
        total += *count;
    }
    return total > 0;
}

}  // namespace mini_redis
