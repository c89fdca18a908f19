// SPDX-License-Identifier: MIT
#include "edo/net/ready_waits.hpp"

#include "edo/net/socket/receive.hpp"
#include "edo/runtime/select.hpp"

#include <cstddef>
#include <optional>
#include <poll.h>
#include <utility>

namespace edo::detail {

namespace {

using net::Interest;
using net::Ready;

/// What `interest` can be told.
Ready mask_of(Interest interest) noexcept {
    Ready mask;
    if (interest.is_readable()) {
        mask = mask | Ready::Readable | Ready::ReadClosed;
    }
    if (interest.is_writable()) {
        mask = mask | Ready::Writable | Ready::WriteClosed;
    }
    if (interest.is_priority()) {
        mask = mask | Ready::Priority | Ready::ReadClosed;
    }
    if (interest.is_error()) {
        mask = mask | Ready::Error;
    }
    return mask;
}

Ready poll_now(const IoSource& source, Interest interest) noexcept {
    int events = POLLRDHUP;
    // Some devices tell with "priority" alone that they can be read.
    events |= interest.is_readable() ? POLLIN | POLLPRI : 0;
    events |= interest.is_writable() ? POLLOUT : 0;
    events |= interest.is_priority() ? POLLPRI : 0;
    pollfd query{};
    query.fd = source.descriptor();
    query.events = static_cast<short>(events);
    if (uninterrupted([&] { return ::poll(&query, 1, 0); }) < 0) {
        return {};
    }
    int found = query.revents;
    if (const std::optional<bool> known = can_read_ahead(source)) {
        found = *known ? found | POLLIN : found & ~POLLIN;
    }
    const bool hung_up = (found & POLLHUP) != 0;
    const bool error = (found & (POLLERR | POLLNVAL)) != 0;  // which a read or write shows
    Ready ready;
    if (error || (found & (POLLIN | POLLPRI)) != 0) {
        ready = ready | Ready::Readable;
    }
    if (error || (found & POLLOUT) != 0) {
        ready = ready | Ready::Writable;
    }
    if (hung_up || (found & POLLRDHUP) != 0) {
        ready = ready | Ready::ReadClosed;
    }
    if (hung_up) {
        ready = ready | Ready::WriteClosed;
    }
    if ((found & POLLPRI) != 0) {
        ready = ready | Ready::Priority;
    }
    if (error) {
        ready = ready | Ready::Error;
    }
    return ready & mask_of(interest);
}

Interest except_part(Interest interest) noexcept {
    if (interest.is_priority() && interest.is_error()) {
        return Interest::Priority | Interest::Error;
    }
    return interest.is_priority() ? Interest::Priority : Interest::Error;
}

template <class... Guards>
Result<void> outcome_of(Selected<Guards...> first) {
    return [&first]<std::size_t... I>(std::index_sequence<I...>) {
        Result<void> outcome;
        const auto look_at = [&outcome](const auto* guard) {
            if (guard != nullptr && !*guard) {
                outcome = failure(guard->error());
            }
        };
        (look_at(first.template get_if<I>()), ...);
        return outcome;
    }(std::index_sequence_for<Guards...>());
}

/// Waits until one of several directions has something.
Task<Result<void>> wait_for_any(IoSource* source, Interest interest) {
    const bool except = interest.is_priority() || interest.is_error();
    if (!except) {
        co_return outcome_of(
            co_await select(FdReadyOp(*source, Direction::Read, Interest::Readable),
                            FdReadyOp(*source, Direction::Write, Interest::Writable)));
    }
    const Interest other = except_part(interest);
    if (!interest.is_writable()) {
        co_return outcome_of(
            co_await select(FdReadyOp(*source, Direction::Read, Interest::Readable),
                            FdReadyOp(*source, Direction::Except, other)));
    }
    if (!interest.is_readable()) {
        co_return outcome_of(
            co_await select(FdReadyOp(*source, Direction::Write, Interest::Writable),
                            FdReadyOp(*source, Direction::Except, other)));
    }
    co_return outcome_of(co_await select(FdReadyOp(*source, Direction::Read, Interest::Readable),
                                         FdReadyOp(*source, Direction::Write, Interest::Writable),
                                         FdReadyOp(*source, Direction::Except, other)));
}

}  // namespace

bool FdReadyOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<FdReadyOp&>(op);
    self.generations_ = Generations(self.source());  // before `poll`: what comes later stays
    self.ready_ = poll_now(self.source(), self.interest_);
    return !self.ready_.is_empty();
}

Result<net::ReadyGuard> FdReadyOp::await_resume() const noexcept {
    if (has_failed()) {
        return failure(wait_error());
    }
    return net::ReadyGuard(source(), ready_, generations_);
}

Task<Result<net::ReadyGuard>> wait_for_fd(IoSource* source, Interest interest) {
    if (interest == Interest::Readable) {
        co_return co_await FdReadyOp(*source, Direction::Read, interest);
    }
    if (interest == Interest::Writable) {
        co_return co_await FdReadyOp(*source, Direction::Write, interest);
    }
    if (!interest.is_readable() && !interest.is_writable()) {
        co_return co_await FdReadyOp(*source, Direction::Except, interest);
    }
    for (;;) {
        const Result<void> any = co_await wait_for_any(source, interest);
        if (!any) {
            co_return failure(any.error());
        }
        // All of it, and not only what was first.
        const Generations generations(*source);
        const Ready ready = poll_now(*source, interest);
        if (!ready.is_empty()) {
            co_return net::ReadyGuard(*source, ready, generations);
        }
    }
}

net::Ready remembered_ready(const IoSource& source, Interest interest) noexcept {
    // Nobody announces events of what was never awaited: then only the call itself can tell.
    const bool is_told = source.is_registered();
    const auto may_be = [&](Direction direction) {
        return !is_told || source.may_be_ready(direction);
    };
    Ready ready;
    if (interest.is_readable() && may_be(Direction::Read)) {
        ready = ready | Ready::Readable;
    }
    if (interest.is_writable() && may_be(Direction::Write)) {
        ready = ready | Ready::Writable;
    }
    if (may_be(Direction::Except)) {
        ready = ready | (mask_of(interest) & (Ready::Priority | Ready::Error));
    }
    return ready;
}

}  // namespace edo::detail
