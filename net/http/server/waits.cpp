// SPDX-License-Identifier: MIT
#include "edo/net/http/server/waits.hpp"

#include "edo/runtime/scheduler/spawn_core.hpp"

#include <algorithm>

namespace edo::http::detail {

Waits::Waits(const ServerOptions& options) noexcept
    : options_(options),
      tick_(std::min({options.header_timeout, options.idle_timeout, options.body_timeout,
                      options.write_timeout})),
      body_pace_(options.body_timeout, options.min_body_rate),
      answer_pace_(options.write_timeout, options.min_write_rate) {
    // The first request has as long as a head has, from the beginning of the connection on.
    head_deadline_ = edo::detail::saturating_add(now(), options.header_timeout);
}

void Waits::begin(For what) noexcept {
    what_ = what;
    switch (what) {
        case For::Nothing:
            break;
        case For::Request:
            deadline_ = head_deadline_ ? *head_deadline_
                                       : edo::detail::saturating_add(now(), options_.idle_timeout);
            break;
        case For::Head:
            if (!head_deadline_) {
                head_deadline_ = edo::detail::saturating_add(now(), options_.header_timeout);
            }
            deadline_ = *head_deadline_;
            break;
        case For::Body:
            begin_transfer(options_.body_timeout, body_pace_);
            break;
        case For::Peer:
            begin_transfer(options_.write_timeout, answer_pace_);
            break;
    }
    if (what != For::Nothing && alarm_ != nullptr && deadline_ < alarm_->deadline()) {
        alarm_->bring_forward(deadline_);
    }
}

void Waits::begin_transfer(Duration limit, const Pace& pace) noexcept {
    transfer_began_ = now();
    deadline_ = edo::detail::saturating_add(transfer_began_, std::min(limit, pace.left()));
}

void Waits::end_of_transfer() noexcept {
    Pace& pace = what_ == For::Body ? body_pace_ : answer_pace_;
    pace.waited(now() - transfer_began_);
}

void Waits::Alarm::bring_forward(Instant deadline) noexcept {
    disarm();
    set_deadline(deadline);
    bind(handle());
    edo::detail::arm_timer(*this);
}

Task<void> Waits::watch() {
    for (;;) {
        const Instant current = now();
        Instant next = edo::detail::saturating_add(current, tick_);
        if (what_ != For::Nothing) {
            if (current >= deadline_) {
                co_return;
            }
            next = std::min(next, deadline_);
        }
        co_await Alarm(*this, next);
    }
}

}  // namespace edo::http::detail
