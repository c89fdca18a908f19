// SPDX-License-Identifier: MIT
// The examples in the documentation of the test kit.
#include <edo/edo.hpp>
#include <edo/runtime/sync/mpsc.hpp>
#include <edo/runtime/testing/cancel_everywhere.hpp>
#include <edo/runtime/testing/manual_task.hpp>
#include <edo/runtime/testing/resources.hpp>
#include <edo/runtime/testing/run_paused.hpp>
#include <edo/runtime/testing/scripted_stream.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>

using namespace std::chrono_literals;

namespace {

using edo::Result;
using edo::Task;
namespace testing = edo::testing;

/// What a test framework has under another name.
void require(bool condition) {
    if (!condition) {
        std::cerr << "a check has failed\n";
        std::exit(1);
    }
}

//! [subject]
/// The code to be tested: answers each line with its length, until the stream ends. A client that
/// says nothing for a minute is left.
template <class Stream>
Task<Result<int>> serve(Stream& stream) {
    edo::io::BufReader reader(stream);
    int served = 0;
    for (;;) {
        auto in_time = co_await edo::timeout(1min, reader.read_line());
        if (!in_time) {
            co_return edo::failure(edo::Errc::Elapsed);
        }
        const auto line = co_await edo::propagate(std::move(*in_time));
        if (!line) {
            co_return served;
        }
        const std::string answer = std::to_string(line->size()) + "\n";
        co_await edo::propagate(co_await edo::io::write_all(stream, answer));
        ++served;
    }
}
//! [subject]

//! [scripted_stream]
void each_line_is_answered() {
    auto stream = testing::ScriptedStream::Builder()
                      .read("hello\n")
                      .write("5\n")
                      .wait(59s)  // on the paused clock: takes no time
                      .read("h")
                      .read("i\n")
                      .write("2\n")
                      .eof()
                      .build();
    const Result<int> served = testing::run_paused(serve(stream));
    require(served == 2);
    stream.verify();
}

void a_lost_connection_ends_it() {
    auto stream =
        testing::ScriptedStream::Builder().read_error(std::errc::connection_reset).build();
    const Result<int> served = testing::run_paused(serve(stream));
    require(served.error() == std::errc::connection_reset);
    stream.verify();
}
//! [scripted_stream]

//! [script_failure]
void a_wrong_answer_is_seen() {
    auto stream = testing::ScriptedStream::Builder().read("hello\n").write("6\n").build();
    try {
        static_cast<void>(testing::run_paused(serve(stream)));
    } catch (const testing::ScriptError& error) {
        // edo: "5\n" was written, but the script expects "6\n"; byte 0, counted from 0, differs
        // (at step 2 of 2, a write of "6\n")
        std::cout << error.what() << '\n';
    }
}
//! [script_failure]

//! [run_paused]
void a_silent_client_is_left() {
    const Result<int> served = testing::run_paused([]() -> Task<Result<int>> {
        auto stream = testing::ScriptedStream::Builder().wait(1h).eof().build();
        const edo::Instant start = edo::now();
        Result<int> result = co_await serve(stream);
        require(edo::now() - start == 1min);
        stream.abandon();  // nobody came to see its end
        co_return result;
    });
    require(served.error() == std::errc::timed_out);
}
//! [run_paused]

//! [seeds]
Task<void> both_branches_are_counted() {
    int count = 0;
    const auto add = [](int& sum) -> Task<void> {
        co_await edo::yield_now();
        ++sum;
    };
    auto first = co_await edo::select(add(count), add(count));  // starts with a random one
    static_cast<void>(first);
    require(count == 1);
}

void any_order_of_the_branches_will_do() {
    testing::run_paused_with_seeds(50, both_branches_are_counted);
}
//! [seeds]

//! [manual_task]
void a_full_channel_holds_up_the_sender() {
    auto [sender, receiver] = edo::sync::mpsc::channel<int>(1);
    testing::ManualTask sending([&to = sender]() -> Task<void> {
        static_cast<void>(co_await to.send(1));
        static_cast<void>(co_await to.send(2));
    });
    sending.turn();
    require(!sending.is_done());
    require(!sending.is_woken());  // the channel is full
    testing::ManualTask receiving([&from = receiver]() -> Task<int> {
        const auto value = co_await from.recv();
        co_return value.value_or(0);
    });
    require(receiving.poll());
    require(receiving.take() == 1);
    require(sending.is_woken());  // there is room again
    require(sending.poll());
}
//! [manual_task]

//! [cancel_everywhere]
void the_server_can_be_cancelled_anywhere() {
    const auto report = testing::run_paused(testing::cancel_everywhere([]() -> Task<Result<int>> {
        auto script = testing::ScriptedStream::Builder();
        script.read("hello\n").write("5\n").suspending();  // each operation suspends
        auto stream = script.build();
        stream.abandon();  // most runs do not get to the end of it
        Result<int> served = co_await serve(stream);
        co_return served;
    }));
    require(report.suspensions == 3);
    require(report.is_clean());
    std::cout << report.message() << '\n';  // nothing leaked in 7 runs
}
//! [cancel_everywhere]

//! [cancel_scenario]
/// A message that was sent is received, or still there, wherever the receiver is cancelled.
class Receiving : public testing::CancelScenario {
public:
    Task<void> subject() override {
        const auto value = co_await ends_.second.recv();
        received_ = value.has_value();
    }
    Task<void> peer() override {
        static_cast<void>(co_await ends_.first.send(7));
        sent_ = true;
    }
    Task<void> check(bool /*completed*/) override {
        if (sent_ && !received_) {
            const auto value = co_await ends_.second.recv();
            if (!value) {
                throw std::runtime_error("the message is lost");
            }
        }
    }

private:
    std::pair<edo::sync::mpsc::Sender<int>, edo::sync::mpsc::Receiver<int>> ends_ =
        edo::sync::mpsc::channel<int>(1);
    bool sent_ = false;
    bool received_ = false;
};

void no_message_is_lost() {
    const auto report = testing::run_paused(testing::cancel_everywhere<Receiving>());
    require(report.is_clean());
}
//! [cancel_scenario]

//! [resources]
void nothing_is_left_behind() {
    const testing::Resources before = testing::Resources::now();
    testing::run_paused([]() -> Task<void> {
        auto task = edo::spawn([]() -> Task<void> { co_await edo::sleep(1h); });
        task.abort();
        static_cast<void>(co_await task);
    });
    const testing::Resources after = testing::Resources::now();
    require(after == before);
    std::cout << difference(before, after) << '\n';  // nothing
}
//! [resources]

}  // namespace

int main() {
    each_line_is_answered();
    a_lost_connection_ends_it();
    a_wrong_answer_is_seen();
    a_silent_client_is_left();
    any_order_of_the_branches_will_do();
    a_full_channel_holds_up_the_sender();
    the_server_can_be_cancelled_anywhere();
    no_message_is_lost();
    nothing_is_left_behind();
}
