// SPDX-License-Identifier: MIT
// Signals of several kinds at once, and those that are refused.

#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/signal/signal.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <string>
#include <unistd.h>
#include <vector>

using edo::Task;
using edo::signal::Signal;
using edo::test::for_each_flavor;

BOOST_AUTO_TEST_SUITE(signal_kinds)

namespace {

/// Yields which of two listeners was first.
Task<int> first_of(Signal* one, Signal* other) {
    const auto first = co_await edo::select(one->recv(), other->recv());
    co_return first.is<0>() ? one->number() : other->number();
}

Task<void> receive_each_kind(std::vector<int> numbers) {
    std::vector<Signal> listeners;
    for (const int number : numbers) {
        listeners.push_back(Signal::create(number).value());
    }
    // In another order than they are received: each listener keeps its own.
    for (const int number : numbers) {
        ::raise(number);
    }
    std::reverse(listeners.begin(), listeners.end());
    for (Signal& listener : listeners) {
        co_await listener.recv();
    }
}

Task<void> select_between_kinds() {
    Signal hangup = Signal::create(SIGHUP).value();
    Signal terminate = Signal::create(SIGTERM).value();
    ::raise(SIGTERM);
    const int first = co_await first_of(&hangup, &terminate);
    BOOST_TEST(first == SIGTERM);
    ::raise(SIGHUP);
    const int second = co_await first_of(&hangup, &terminate);
    BOOST_TEST(second == SIGHUP);
}

Task<void> signal_of_another_thread() {
    Signal alarm = Signal::create(SIGALRM).value();
    ::alarm(0);
    ::kill(::getpid(), SIGALRM);  // whichever thread the system picks
    co_await alarm.recv();
}

}  // namespace

BOOST_AUTO_TEST_CASE(signals_of_all_usual_kinds_are_received) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on(
            receive_each_kind({SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,
                               SIGCHLD, SIGCONT, SIGTSTP, SIGWINCH, SIGIO, SIGRTMIN, SIGRTMAX}));
    });
}

BOOST_AUTO_TEST_CASE(a_task_can_wait_for_whichever_kind_is_first) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(select_between_kinds()); });
}

BOOST_AUTO_TEST_CASE(a_signal_to_the_process_is_received_whichever_thread_gets_it) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(signal_of_another_thread()); });
}

BOOST_AUTO_TEST_CASE(a_refused_signal_says_which_one_and_why) {
    const auto why = [](int number) {
        const auto refused = Signal::create(number);
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error() == std::errc::invalid_argument));
        return refused.error().message();
    };
    BOOST_TEST(why(SIGKILL) ==
               "signal 9 cannot be listened for: the system lets no program handle it");
    BOOST_TEST(why(SIGSTOP).find("no program") != std::string::npos);
    BOOST_TEST(why(SIGSEGV).find("fault of the running instruction") != std::string::npos);
    BOOST_TEST(why(0).find("no such signal") != std::string::npos);
    BOOST_TEST(why(33).find("belongs to the C library") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
