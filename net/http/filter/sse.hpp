// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/response.hpp"
#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/time/instant.hpp"
#include "edo/runtime/timeout.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Server-sent events: an answer that goes on, event by event, as long as the client listens
/// (`EventSource` in a browser).
namespace edo::http::filter::sse {

/// One event.
///
/// @par Misuse
/// A name or an id with a line end (or an id with a NUL) would forge other events: `UsageError`.
class Event {
public:
    Event() = default;
    /// An event with that data, which may have several lines.
    explicit Event(std::string_view data) { this->data(data); }

    Event& data(std::string_view text) &;
    Event&& data(std::string_view text) && { return std::move(data(text)); }
    /// The kind of event; "message" without one.
    Event& event(std::string_view name) &;
    Event&& event(std::string_view name) && { return std::move(event(name)); }
    /// What a client that comes back sends as `Last-Event-ID`.
    Event& id(std::string_view id) &;
    Event&& id(std::string_view value) && { return std::move(id(value)); }
    /// After what time a client that was cut off is to come back.
    Event& retry(std::chrono::milliseconds time) &;
    Event&& retry(std::chrono::milliseconds time) && { return std::move(retry(time)); }
    /// A line that clients ignore.
    Event& comment(std::string_view text) &;
    Event&& comment(std::string_view text) && { return std::move(comment(text)); }

    /// As it is sent, with the empty line behind it.
    [[nodiscard]] std::string into_text() && { return std::move(text_) + "\n"; }

private:
    std::string text_;
};

}  // namespace edo::http::filter::sse

namespace edo::http::filter::detail {

/// Events from a stream, and a comment when none has come for some time.
template <class S>
class EventSource final : public BodySource {
public:
    EventSource(S events, Duration keep_alive)
        : events_(std::move(events)), keep_alive_(keep_alive) {}

    Task<Result<std::optional<std::string>>> next() override {
        auto waited = co_await timeout(keep_alive_, next_event());
        if (!waited) {
            co_return std::optional<std::string>(":\n\n");
        }
        co_return std::move(*waited);
    }

private:
    // Holds no event across a suspension, so that it may be dropped by the timeout.
    Task<Result<std::optional<std::string>>> next_event() {
        auto event = co_await events_.next();
        if (!event) {
            co_return std::optional<std::string>();
        }
        if constexpr (is_result<std::remove_cvref_t<decltype(*event)>>) {
            if (!*event) {
                co_return failure(std::error_code(event->error()));
            }
            co_return std::optional<std::string>(std::move(**event).into_text());
        } else {
            co_return std::optional<std::string>(std::move(*event).into_text());
        }
    }

    S events_;
    Duration keep_alive_;
};

[[nodiscard]] Response event_response(std::unique_ptr<BodySource> source);

}  // namespace edo::http::filter::detail

namespace edo::http::filter::sse {

/// An answer of the events of a stream, whose `next` yields an `Event` or a `Result<Event>`; an
/// error cuts the client off, the end of the stream ends the answer.
///
/// Events are taken one by one, as fast as the client takes them. The stream is destroyed when the
/// client has gone, which is noticed at the next event or comment.
///
/// @param keep_alive After so much silence a comment is sent, so that nobody on the way takes the
///     connection for dead. The `next` of the stream must be cancel safe, as those of edo are.
/// @par Example
/// @snippet http_wrappers.cpp sse
template <stream::Stream S>
[[nodiscard]] Response reply(S events, Duration keep_alive = std::chrono::seconds(15)) {
    return filter::detail::event_response(
        std::make_unique<filter::detail::EventSource<S>>(std::move(events), keep_alive));
}

}  // namespace edo::http::filter::sse
