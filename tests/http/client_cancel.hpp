// SPDX-License-Identifier: MIT
// What is dropped at each of its suspensions, of a client of either version of HTTP.
//
// A `Connected` has a `client_`, whose servers answer "onetwo"; a `Requesting` also has `got_`, and
// `kLarge`, the size of a body that does not go out at once.
#pragma once

#include "client_test.hpp"
#include "support/cancel_driver.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/runtime/stream/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace edo::test {

template <class Requesting>
class Getting : public Requesting {
    Task<void> subject() override { this->got_ = co_await outcome(this->client_.get("http://a/")); }
};

template <class Requesting>
class Posting : public Requesting {
    Task<void> subject() override {
        auto request = this->client_.post("http://a/");
        request.body(std::string(Requesting::kLarge, 'x'));
        this->got_ = co_await outcome(std::move(request));
    }
};

template <class Requesting>
class PostingAStream : public Requesting {
    Task<void> subject() override {
        std::vector<std::string> pieces(3, std::string(100, 'x'));
        auto request = this->client_.post("http://a/");
        request.body(http::Body::from_stream(stream::iter(std::move(pieces)))).expect_continue();
        this->got_ = co_await outcome(std::move(request));
    }
};

/// Each `chunk` that is dropped is called again: nothing is lost.
template <class Connected>
class Reading : public Connected {
    Task<void> subject() override {
        if (!response_) {
            auto response = co_await this->client_.get("http://a/").send();
            response_.emplace(std::move(*response));
        }
        for (;;) {
            auto piece = co_await response_->chunk();
            if (!piece || !*piece) {
                break;
            }
            got_ += **piece;
        }
    }
    Task<void> check(bool /*completed*/) override {
        if (response_) {
            const auto rest = co_await response_->bytes();
            BOOST_TEST(got_ + rest.value() == "onetwo");
        }
        response_.reset();
    }

    std::optional<http::ClientResponse> response_;
    std::string got_;
};

/// Drops a scenario at its first, second, ... suspension, of which there must be so many.
template <class Scenario>
void drive_it(std::size_t suspensions) {
    on_paused_clock([suspensions]() -> Task<void> {
        const Driven driven = co_await drive<Scenario>();
        BOOST_TEST(driven.suspensions >= suspensions);
    });
}

}  // namespace edo::test
