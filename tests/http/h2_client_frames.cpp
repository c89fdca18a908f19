// SPDX-License-Identifier: MIT
// The client with servers that refuse, go away, break the rules, or say nothing.
#include "h2_client_test.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/runtime/stream/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;

BOOST_AUTO_TEST_SUITE(h2_client_frames)

namespace {

/// Answers the first request of each connection with these frames, and then says nothing.
H2Servers::Serve says(std::string frames) {
    return [frames](io::DuplexStream stream, std::size_t) {
        return [](FramePeer peer, std::string text) -> Task<void> {
            co_await peer.send(settings());
            co_await peer.requests(1);
            co_await peer.send(text);
            co_await peer.to_the_end();
        }(FramePeer(std::move(stream)), frames);
    };
}

/// The same, and closes the connection.
H2Servers::Serve says_and_closes(std::string frames) {
    return [frames](io::DuplexStream stream, std::size_t) {
        return [](FramePeer peer, std::string text) -> Task<void> {
            co_await peer.send(settings());
            co_await peer.requests(1);
            co_await peer.send(text);
        }(FramePeer(std::move(stream)), frames);
    };
}

Task<std::string> outcome_of(H2Servers::Serve serve) {
    const auto servers = h2_frames(std::move(serve));
    const Client client = h2_client_of(servers).build();
    co_return co_await outcome(client.get("http://a/"));
}

std::string status(std::string_view code) {
    std::string text("\x08\x03");
    text += code;
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(more_requests_than_the_server_takes_open_another_connection) {
    on_paused_clock([]() -> Task<void> {
        const auto servers = h2_frames([](io::DuplexStream stream, std::size_t) {
            return [](FramePeer peer) -> Task<void> {
                co_await peer.send(settings(3, 2));  // two at the same time
                co_await peer.requests(1);
                co_await peer.send(answer_to(1, "first"));
                co_await peer.requests(3);
                co_await sleep(1s);  // until all have asked
                co_await peer.send(answer_to(3, "x") + answer_to(5, "x"));
                co_await peer.to_the_end();
            }(FramePeer(std::move(stream)));
        });
        const Client client = h2_client_of(servers).build();
        const std::string first = co_await outcome(client.get("http://a/"));
        BOOST_TEST(first == "200 first");
        JoinSet<std::string> asking;
        for (int i = 0; i < 3; ++i) {
            asking.spawn(outcome(client.get("http://a/")));
        }
        int good = 0;
        while (auto text = co_await asking.join_next()) {
            good += text->value().starts_with("200 ") ? 1 : 0;
        }
        BOOST_TEST(good == 3);
        BOOST_TEST(servers->connections() == 2U);
    });
}

BOOST_AUTO_TEST_CASE(what_a_server_that_goes_away_has_not_seen_is_asked_elsewhere) {
    on_paused_clock([]() -> Task<void> {
        const auto servers = h2_frames([](io::DuplexStream stream, std::size_t index) {
            return [](FramePeer peer, std::size_t number) -> Task<void> {
                co_await peer.send(settings());
                if (number > 0) {
                    co_await peer.requests(1);
                    co_await peer.send(answer_to(1, "second server"));
                    co_await peer.to_the_end();
                    co_return;
                }
                co_await peer.requests(2);
                co_await peer.send(go_away(1));
                co_await sleep(1s);
                co_await peer.send(answer_to(1, "first server"));
                co_await peer.to_the_end();
            }(FramePeer(std::move(stream)), index);
        });
        const Client client = h2_client_of(servers).build();
        auto one = spawn(outcome(client.get("http://a/")));
        co_await sleep(1ms);
        auto post = client.post("http://a/");
        post.body("not sent twice without need");
        const std::string two = co_await outcome(std::move(post));
        BOOST_TEST(two == "200 second server");
        const std::string first = (co_await one).value();
        BOOST_TEST(first == "200 first server");
        BOOST_TEST(servers->connections() == 2U);
    });
}

BOOST_AUTO_TEST_CASE(a_refused_request_is_made_again_up_to_three_times) {
    on_paused_clock([]() -> Task<void> {
        for (const std::uint32_t refusals : {1U, 3U, 4U}) {
            const auto servers = h2_frames([refusals](io::DuplexStream stream, std::size_t) {
                return [](FramePeer peer, std::uint32_t count) -> Task<void> {
                    co_await peer.send(settings());
                    std::uint32_t stream_id = 1;
                    for (; stream_id < 2 * count; stream_id += 2) {
                        co_await peer.requests(int(stream_id / 2 + 1));
                        co_await peer.send(reset_of(stream_id, 7));  // REFUSED_STREAM
                    }
                    co_await peer.requests(int(count) + 1);
                    co_await peer.send(answer_to(stream_id, "done"));
                    co_await peer.to_the_end();
                }(FramePeer(std::move(stream)), refusals);
            });
            const Client client = h2_client_of(servers).build();
            auto post = client.post("http://a/");
            post.body("text");
            const std::string got = co_await outcome(std::move(post));
            BOOST_TEST(got == (refusals < 4
                                   ? std::string("200 done")
                                   : "no answer from http://a/: " +
                                         make_error_code(http::Errc::StreamReset).message()));
            BOOST_TEST(servers->connections() == 1U);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_reset_is_an_error_and_no_reason_to_ask_again) {
    on_paused_clock([]() -> Task<void> {
        const std::string got = co_await outcome_of(says(reset_of(1, 2)));
        BOOST_TEST(got == "no answer from http://a/: " +
                              make_error_code(http::Errc::StreamReset).message());
        const std::string half =
            co_await outcome_of(says(frame(FrameType::Headers, kEndHeaders, 1, kOk) +
                                     frame(FrameType::Data, 0, 1, "half") + reset_of(1, 2)));
        BOOST_TEST(half == "cannot read the answer of http://a/: " +
                               make_error_code(http::Errc::StreamReset).message());
    });
}

BOOST_AUTO_TEST_CASE(a_lost_connection_is_replaced_once_where_that_does_no_harm) {
    on_paused_clock([]() -> Task<void> {
        const auto servers = h2_frames([](io::DuplexStream stream, std::size_t) {
            return [](FramePeer peer) -> Task<void> {
                co_await peer.send(settings());
                co_await peer.requests(1);
                co_await peer.send(answer_to(1, "first"));
                co_await peer.requests(2);
            }(FramePeer(std::move(stream)));  // and hangs up
        });
        const Client client = h2_client_of(servers).build();
        const std::string first = co_await outcome(client.get("http://a/"));
        BOOST_TEST(first == "200 first");
        const std::string again = co_await outcome(client.get("http://a/"));
        BOOST_TEST(again == "200 first");
        BOOST_TEST(servers->connections() == 2U);
        const std::string post = co_await outcome(client.post("http://a/"));
        BOOST_TEST(post == "no answer from http://a/: " +
                               make_error_code(http::Errc::ConnectionClosed).message());
        BOOST_TEST(servers->connections() == 2U);
    });
}

BOOST_AUTO_TEST_CASE(a_server_that_wants_http1_for_a_request_is_told_when_that_cannot_be) {
    on_paused_clock([]() -> Task<void> {
        // The connector speaks HTTP/2 only.
        const std::string got = co_await outcome_of(says(reset_of(1, 13)));
        BOOST_TEST(got == "cannot connect to http://a/: " +
                              make_error_code(http::Errc::UnsupportedVersion).message());
    });
}

BOOST_AUTO_TEST_CASE(who_breaks_the_rules_is_an_error) {
    on_paused_clock([]() -> Task<void> {
        const std::string five = kOk + header("content-length", "5");
        const auto head = [](std::string_view more) {
            return frame(FrameType::Headers, kEndHeaders, 1, kOk + std::string(more));
        };
        const std::string protocol = make_error_code(http::Errc::ProtocolError).message();
        for (const std::string& bad : {
                 answer_to(1, "four", five),                    // too short
                 answer_to(1, "sixsix", five),                  // too long
                 head(header("connection", "close")),           // of HTTP/1
                 head(header("transfer-encoding", "chunked")),  //
                 head(header("Upper", "case")),                 //
                 frame(FrameType::Headers, kEndHeaders, 1, header("x", "no status")),
                 frame(FrameType::Headers, kEndHeaders, 1, status("101")),
                 frame(FrameType::Data, 0, 1, "without a head"),
                 frame(FrameType::Headers, kEndHeaders, 3, kOk),   // a stream nobody opened
                 frame(FrameType::Headers, kEndHeaders, 2, kOk),   // one of the server's own
                 frame(FrameType::WindowUpdate, 0, 0, number(0)),  //
                 frame(FrameType::Ping, 0, 0, "short"),            //
                 frame(FrameType::Continuation, 0, 1, kOk),        //
                 frame(FrameType::Headers, kEndHeaders, 1, "\xff\xff\xff\xff\xff"),  // no HPACK
                 std::string("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
                 std::string(100, '\0'),
             }) {
            const std::string got = co_await outcome_of(says(bad));
            BOOST_TEST((got.ends_with(protocol)), got << " for " << bad.substr(9));
        }
    });
}

BOOST_AUTO_TEST_CASE(floods_end_the_connection) {
    on_paused_clock([]() -> Task<void> {
        const std::string protocol = make_error_code(http::Errc::ProtocolError).message();
        const std::string head = frame(FrameType::Headers, kEndHeaders, 1, kOk);
        for (const std::string& one : {
                 frame(FrameType::Ping, 0, 0, "12345678"), settings(), settings(4, 65'535),
                 frame(FrameType::Data, 0, 1, ""),
                 frame(FrameType(2), 0, 1, std::string(5, '\1')),  // PRIORITY
             }) {
            std::string flood = head;
            for (int i = 0; i < 2000; ++i) {
                flood += one;
            }
            const std::string got = co_await outcome_of(says(flood));
            BOOST_TEST((got.ends_with(protocol)), got << " for " << int(one[3]));
        }
        std::string early;
        for (int i = 0; i < 2000; ++i) {
            early += frame(FrameType::Headers, kEndHeaders, 1, status("103"));
        }
        const std::string got = co_await outcome_of(says(early));
        BOOST_TEST(got.ends_with(protocol));
    });
}

BOOST_AUTO_TEST_CASE(a_head_that_is_too_large_ends_its_request_only) {
    on_paused_clock([]() -> Task<void> {
        std::string large = kOk;
        for (int i = 0; i < 60; ++i) {
            large += header("x-" + std::to_string(i), std::string(100, 'y'));
        }
        const std::string bomb =
            kOk + std::string("\x40\x01x\x64", 4) + std::string(100, 'b') +
            std::string(10'000, '\xbe');  // one header of the table, many times
        for (const std::string& head : {large, bomb}) {
            const auto servers = h2_frames([head](io::DuplexStream stream, std::size_t) {
                return [](FramePeer peer, std::string text) -> Task<void> {
                    co_await peer.send(settings());
                    co_await peer.requests(1);
                    co_await peer.send(answer_to(1, "body", text));
                    co_await peer.requests(2);
                    co_await peer.send(answer_to(3, "small"));
                    co_await peer.to_the_end();
                }(FramePeer(std::move(stream)), head);
            });
            const Client client = h2_client_of(servers).max_header_bytes(4096).build();
            const std::string got = co_await outcome(client.get("http://a/"));
            BOOST_TEST(got == "no answer from http://a/: " +
                                  make_error_code(http::Errc::HeadersTooLarge).message());
            const std::string next = co_await outcome(client.get("http://a/"));
            BOOST_TEST(next == "200 small");
            BOOST_TEST(servers->connections() == 1U);
        }
    });
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_cut_at_any_byte_is_not_taken_for_whole) {
    on_paused_clock([]() -> Task<void> {
        const std::string whole =
            frame(FrameType::Headers, kEndHeaders, 1, kOk) + frame(FrameType::Data, 0, 1, "abc") +
            frame(FrameType::Ping, 0, 0, "12345678") +
            frame(FrameType::Headers, kEndHeaders | kEndStream, 1, header("x-trailer", "t"));
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const std::string got = co_await outcome_of(says_and_closes(whole.substr(0, size)));
            BOOST_TEST((got.starts_with("no answer") || got.starts_with("cannot read")),
                       got << " after " << size);
        }
        const std::string got = co_await outcome_of(says_and_closes(whole));
        BOOST_TEST(got == "200 abc");
    });
}

BOOST_AUTO_TEST_CASE(silence_is_given_up_and_its_connection_not_used_again) {
    on_paused_clock([]() -> Task<void> {
        const auto servers = h2_frames(says(""));
        const Client client = h2_client_of(servers).read_timeout(5s).build();
        const Instant start = now();
        const std::string got = co_await outcome(client.get("http://a/"));
        BOOST_TEST(got == "no answer from http://a/: " +
                              make_error_code(http::Errc::HeaderTimeout).message());
        BOOST_TEST((now() - start >= 5s && now() - start < 6s));
        static_cast<void>(co_await outcome(client.get("http://a/")));
        BOOST_TEST(servers->connections() == 2U);

        auto limited = client.get("http://a/");
        limited.timeout(2s);
        const std::string total = co_await outcome(std::move(limited));
        BOOST_TEST(total ==
                   "no answer from http://a/: " + make_error_code(http::Errc::Timeout).message());
    });
}

BOOST_AUTO_TEST_CASE(each_step_begins_a_new_limit_and_others_are_not_disturbed) {
    on_paused_clock([]() -> Task<void> {
        const auto servers = h2_frames([](io::DuplexStream stream, std::size_t) {
            return [](FramePeer peer) -> Task<void> {
                co_await peer.send(settings());
                co_await peer.requests(2);
                co_await peer.send(frame(FrameType::Headers, kEndHeaders, 1, kOk));
                for (int i = 0; i < 5; ++i) {
                    co_await sleep(4s);
                    co_await peer.send(frame(FrameType::Data, 0, 1, "x"));
                }
                co_await peer.send(frame(FrameType::Data, kEndStream, 1, ""));
                co_await peer.to_the_end();
            }(FramePeer(std::move(stream)));
        });
        const Client client = h2_client_of(servers).read_timeout(5s).build();
        auto slow = spawn(outcome(client.get("http://a/")));
        co_await sleep(1ms);
        const std::string silent = co_await outcome(client.get("http://a/"));
        BOOST_TEST(silent == "no answer from http://a/: " +
                                 make_error_code(http::Errc::HeaderTimeout).message());
        const std::string got = (co_await slow).value();
        BOOST_TEST(got == "200 xxxxx");
        BOOST_TEST(servers->connections() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_read_is_given_up) {
    on_paused_clock([]() -> Task<void> {
        const auto servers = h2_frames(says(""));  // no window for so much
        const Client client = h2_client_of(servers).read_timeout(5s).build();
        auto post = client.post("http://a/");
        post.body(std::string(1'000'000, 'x'));
        const std::string got = co_await outcome(std::move(post));
        BOOST_TEST(got == "no answer from http://a/: " +
                              make_error_code(http::Errc::WriteTimeout).message());
    });
}

BOOST_AUTO_TEST_CASE(a_server_that_is_gone_is_noticed_by_a_ping) {
    on_paused_clock([]() -> Task<void> {
        for (const bool is_there : {false, true}) {
            const auto servers = h2_frames([is_there](io::DuplexStream stream, std::size_t) {
                return [](FramePeer peer, bool answers) -> Task<void> {
                    co_await peer.send(settings());
                    co_await peer.requests(1);
                    for (int pings = 1; answers && pings < 5; ++pings) {
                        const auto is_asked = [pings](const Seen& seen) {
                            const auto found = seen.frames.find(FrameType::Ping);
                            return found != seen.frames.end() && found->second >= pings;
                        };
                        co_await peer.until(is_asked);
                        co_await peer.send(frame(FrameType::Ping, kAck, 0, std::string(8, '\0')));
                    }
                    if (answers) {
                        co_await peer.send(answer_to(1, "late"));
                    }
                    co_await peer.to_the_end();
                }(FramePeer(std::move(stream)), is_there);
            });
            const Client client =
                h2_client_of(servers).read_timeout(1h).http2_keep_alive(10s, 5s).build();
            const Instant start = now();
            const std::string got = co_await outcome(client.get("http://a/"));
            if (is_there) {
                BOOST_TEST(got == "200 late");
                BOOST_TEST((now() - start >= 40s && now() - start < 50s));
            } else {
                BOOST_TEST(got == "no answer from http://a/: Connection timed out");
                BOOST_TEST((now() - start >= 15s && now() - start < 16s));
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(an_early_error_ends_the_sending_and_is_read) {
    on_paused_clock([]() -> Task<void> {
        std::shared_ptr<Seen> seen = std::make_shared<Seen>();
        const auto servers = h2_frames([seen](io::DuplexStream stream, std::size_t) {
            return [](FramePeer peer, std::shared_ptr<Seen> all) -> Task<void> {
                co_await peer.send(settings());
                co_await peer.until([](const Seen& so_far) { return so_far.bodies.contains(1); });
                co_await peer.send(answer_to(1, "too large", status("413")));
                co_await peer.requests(2);
                co_await peer.send(answer_to(3, "next"));
                *all = peer.seen;
                co_await peer.to_the_end();
                *all = peer.seen;
            }(FramePeer(std::move(stream)), seen);
        });
        {
            const Client client = h2_client_of(servers).build();
            auto post = client.post("http://a/");
            post.body(std::string(1'000'000, 'x'));
            const std::string got = co_await outcome(std::move(post));
            BOOST_TEST(got == "413 too large");
            const std::string next = co_await outcome(client.get("http://a/"));
            BOOST_TEST(next == "200 next");
            BOOST_TEST(seen->resets.at(1) == 8U);  // CANCEL
            BOOST_TEST(servers->connections() == 1U);
        }
        // Who leaves says goodbye.
        co_await sleep(1ms);
        BOOST_TEST(seen->closed);
        BOOST_TEST(seen->go_away == 0U);
    });
}

BOOST_AUTO_TEST_CASE(a_body_of_the_wrong_size_is_not_passed_off_as_whole) {
    on_paused_clock([]() -> Task<void> {
        for (const char* length : {"5", "100"}) {
            std::shared_ptr<Seen> seen = std::make_shared<Seen>();
            const auto servers = h2_frames([seen](io::DuplexStream stream, std::size_t) {
                return [](FramePeer peer, std::shared_ptr<Seen> all) -> Task<void> {
                    co_await peer.send(settings());
                    co_await peer.until([](const Seen& so_far) { return !so_far.resets.empty(); });
                    *all = peer.seen;
                    co_await peer.to_the_end();
                }(FramePeer(std::move(stream)), seen);
            });
            const Client client = h2_client_of(servers).build();
            std::vector<std::string> pieces(3, "four");
            auto post = client.post("http://a/");
            post.body(http::Body::from_stream(stream::iter(std::move(pieces))))
                .header("Content-Length", length);
            const std::string got = co_await outcome(std::move(post));
            BOOST_TEST(got.starts_with("no answer from http://a/: "));
            co_await sleep(1ms);
            BOOST_TEST(seen->resets.contains(1));
            BOOST_TEST(!seen->ended.contains(1));
        }
    });
}

BOOST_AUTO_TEST_CASE(the_body_waits_until_the_server_wants_it) {
    on_paused_clock([]() -> Task<void> {
        for (const bool says_so : {true, false}) {
            const auto servers = h2_frames([says_so](io::DuplexStream stream, std::size_t) {
                return [](FramePeer peer, bool is_polite) -> Task<void> {
                    co_await peer.send(settings());
                    co_await peer.requests(1);
                    co_await sleep(500ms);
                    BOOST_TEST(peer.seen.bodies.empty());
                    if (is_polite) {
                        co_await peer.send(
                            frame(FrameType::Headers, kEndHeaders, 1, status("100")));
                    }
                    co_await peer.until([](const Seen& seen) { return seen.ended.contains(1); });
                    co_await peer.send(answer_to(1, "got " + peer.seen.bodies[1]));
                    co_await peer.to_the_end();
                }(FramePeer(std::move(stream)), says_so);
            });
            const Client client = h2_client_of(servers).build();
            auto post = client.post("http://a/");
            post.body("it").expect_continue();
            const Instant start = now();
            const std::string got = co_await outcome(std::move(post));
            BOOST_TEST(got == "200 got it");
            BOOST_TEST((now() - start >= (says_so ? 500ms : 1000ms)));
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
