// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/sse.hpp"

#include "edo/runtime/errors.hpp"

namespace edo::http::filter::sse {

namespace {

void check_one_line(std::string_view text, const char* what) {
    if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
        throw UsageError(std::string(what) + " of an event must be one line");
    }
}

/// A line for each line of the text, whatever its line ends.
void append_lines(std::string& to, std::string_view prefix, std::string_view text) {
    for (;;) {
        const std::size_t end = text.find_first_of("\r\n");
        to.append(prefix).append(text.substr(0, end)).append("\n");
        if (end == std::string_view::npos) {
            return;
        }
        text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
    }
}

}  // namespace

Event& Event::data(std::string_view text) & {
    append_lines(text_, "data: ", text);
    return *this;
}

Event& Event::event(std::string_view name) & {
    check_one_line(name, "the name");
    append_lines(text_, "event: ", name);
    return *this;
}

Event& Event::id(std::string_view id) & {
    check_one_line(id, "the id");
    append_lines(text_, "id: ", id);
    return *this;
}

Event& Event::retry(std::chrono::milliseconds time) & {
    append_lines(text_, "retry: ", std::to_string(time.count()));
    return *this;
}

Event& Event::comment(std::string_view text) & {
    append_lines(text_, ": ", text);
    return *this;
}

}  // namespace edo::http::filter::sse

namespace edo::http::filter::detail {

Response event_response(std::unique_ptr<BodySource> source) {
    Response response(Status::Ok, Body(std::move(source)));
    response.headers.append("Content-Type", "text/event-stream");
    response.headers.append("Cache-Control", "no-cache");
    response.headers.append("X-Accel-Buffering",
                            "no");  // proxies are to pass each event on at once
    return response;
}

}  // namespace edo::http::filter::detail
