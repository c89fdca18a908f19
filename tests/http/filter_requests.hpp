// SPDX-License-Identifier: MIT
// Requests and answers for the tests of filters.
#pragma once

#include "support/flavors.hpp"
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/filter/testing.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace edo::test {

/// A body that comes in pieces, with a suspension in front of each.
class Pieces final : public http::BodySource {
public:
    explicit Pieces(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
    Task<Result<std::optional<std::string>>> next() override {
        co_await yield_now();
        if (at_ == pieces_.size()) {
            co_return std::optional<std::string>();
        }
        co_return std::optional<std::string>(pieces_[at_++]);
    }

private:
    std::vector<std::string> pieces_;
    std::size_t at_ = 0;
};

inline http::Body in_pieces(std::vector<std::string> pieces) {
    return http::Body(std::make_unique<Pieces>(std::move(pieces)));
}

inline http::Request get_of(std::string target) {
    return {http::Method::Get, std::move(target)};
}
inline http::Request post_of(std::string target, http::Body body = http::Body()) {
    return {http::Method::Post, std::move(target), std::move(body)};
}

/// The end of a filter that answers with a text.
inline auto says(std::string text) {
    return http::filter::map([text = std::move(text)] { return text; });
}

inline Task<std::string> slowly(std::string text) {
    co_await yield_now();
    co_return text;
}

/// An answer that is read to its end.
struct Answer {
    Answer() = default;
    http::Status status = http::Status::Ok;
    std::string text;
    http::Headers headers;
    [[nodiscard]] std::string header(std::string_view name) const {
        return std::string(headers.get(name).value_or("(none)"));
    }
};

inline Task<Answer> read_answer(Task<http::Response> answering) {
    http::Response response = co_await std::move(answering);
    Answer answer;
    answer.status = response.status;
    answer.headers = response.headers;
    auto text = co_await response.body.collect(1 << 30);
    answer.text = text ? std::move(*text) : "error: " + text.error().message();
    co_return answer;
}

/// The answer of a filter, on a runtime of one thread.
template <class F>
Answer ask(const F& filter, http::Request request) {
    const LeakGuard guard;
    Runtime runtime = Builder::current_thread().build();
    return runtime.block_on(read_answer(http::filter::testing::reply(filter, std::move(request))));
}

/// Only its status, as a number.
template <class F>
int status_of(const F& filter, http::Request request) {
    return int(ask(filter, std::move(request)).status);
}

}  // namespace edo::test
