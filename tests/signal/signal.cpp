// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/signal/signal.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using edo::signal::Signal;
using edo::test::CancelScenario;
using edo::test::drive;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::SteppedTask;

namespace {

edo::Task<void> receive(Signal& signal) {
    co_await signal.recv();
}

/// Signals that were raised before have been counted when this returns.
edo::Task<void> until_dispatched() {
    Signal fence = Signal::create(SIGUSR2).value();
    ::raise(SIGUSR2);
    co_await fence.recv();
}

edo::Task<bool> has_one_more(Signal& signal) {
    SteppedTask<void> receiving(receive(signal));
    receiving.turn();
    const bool finished = receiving.is_finished();
    receiving.cancel();
    co_return finished;
}

/// What the process does on a signal.
struct sigaction disposition(int number) {
    struct sigaction action{};
    ::sigaction(number, nullptr, &action);
    return action;
}

std::atomic<int> handled{0};

/// While it lives, there is a handler of the test's own.
class OwnHandler {
public:
    explicit OwnHandler(int number) : number_(number) {
        struct sigaction action{};
        action.sa_handler = [](int) { ++handled; };
        ::sigaction(number, &action, &before_);
    }
    ~OwnHandler() { ::sigaction(number_, &before_, nullptr); }
    OwnHandler(const OwnHandler&) = delete;
    OwnHandler& operator=(const OwnHandler&) = delete;

private:
    int number_;
    struct sigaction before_{};
};

edo::Task<void> wait_for_ctrl_c() {
    auto waiting = edo::spawn(edo::signal::ctrl_c());
    while (disposition(SIGINT).sa_handler == SIG_DFL) {
        co_await edo::yield_now();
    }
    ::raise(SIGINT);
    const auto result = co_await waiting;
    BOOST_TEST(result.value().has_value());
    BOOST_TEST(bool(disposition(SIGINT).sa_handler == SIG_DFL));
}

edo::Task<void> listen_several_times() {
    std::vector<edo::JoinHandle<int>> listeners;
    std::atomic<int> ready{0};
    for (int i = 0; i < 5; ++i) {
        listeners.push_back(edo::spawn([&ready]() -> edo::Task<int> {
            Signal signal = Signal::create(SIGUSR1).value();
            ++ready;
            co_await signal.recv();
            co_return signal.number();
        }));
    }
    while (ready < 5) {
        co_await edo::yield_now();
    }
    ::raise(SIGUSR1);
    for (auto& listener : listeners) {
        const auto number = co_await listener;
        BOOST_TEST(number.value() == SIGUSR1);
    }
}

edo::Task<void> coalesce() {
    Signal signal = Signal::create(SIGUSR1).value();
    for (int i = 0; i < 3; ++i) {
        ::raise(SIGUSR1);
    }
    co_await until_dispatched();
    const bool first = co_await has_one_more(signal);
    BOOST_TEST(first);
    const bool second = co_await has_one_more(signal);
    BOOST_TEST(!second);
}

edo::Task<void> receive_what_came_in_between() {
    Signal signal = Signal::create(SIGUSR1).value();
    for (int i = 0; i < 3; ++i) {
        ::raise(SIGUSR1);
        co_await until_dispatched();
        co_await signal.recv();
    }
    Signal later = Signal::create(SIGUSR1).value();
    const bool of_old = co_await has_one_more(later);
    BOOST_TEST(!of_old);
}

edo::Task<void> tell_signals_apart() {
    Signal one = Signal::create(SIGUSR1).value();
    Signal term = Signal::create(SIGTERM).value();
    ::raise(SIGTERM);
    auto first = co_await edo::select(one.recv(), term.recv());
    BOOST_TEST(first.index() == 1U);
    co_await until_dispatched();
    const bool other = co_await has_one_more(one);
    BOOST_TEST(!other);
}

/// A storm, from another thread; its last signal is not lost.
edo::Task<void> survive_a_storm() {
    Signal signal = Signal::create(SIGUSR1).value();
    std::atomic<bool> over{false};
    std::thread storm([&over] {
        for (int i = 0; i < 10'000; ++i) {
            ::raise(SIGUSR1);
        }
        over = true;
        ::raise(SIGUSR1);
    });
    do {
        co_await signal.recv();
    } while (!over);
    storm.join();
}

/// Cancelled anywhere, no signal is lost.
class Receiving : public CancelScenario {
public:
    edo::Task<void> subject() override {
        co_await signal_.recv();
        ++received_;
    }
    void suspended(std::size_t /*n*/) override { ::raise(SIGUSR1); }
    edo::Task<void> check(bool /*completed*/) override {
        if (received_ == 0) {
            ::raise(SIGUSR1);
            co_await signal_.recv();
        }
    }

private:
    Signal signal_ = Signal::create(SIGUSR1).value();
    int received_ = 0;
};

BOOST_AUTO_TEST_SUITE(signals)

BOOST_AUTO_TEST_CASE(ctrl_c_listens_only_while_it_is_awaited) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(wait_for_ctrl_c()); });
}

BOOST_AUTO_TEST_CASE(each_listener_gets_each_signal) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(listen_several_times()); });
}

BOOST_AUTO_TEST_CASE(listeners_of_several_runtimes_get_a_signal) {
    for_each_flavor([](edo::Runtime& one) {
        edo::Runtime other = edo::Builder::multi_thread(1).build();
        Signal signal = Signal::create(SIGUSR1).value();
        Signal other_signal = Signal::create(SIGUSR1).value();
        auto waiting = other.spawn(receive(other_signal));
        ::raise(SIGUSR1);
        one.block_on(receive(signal));
        const auto joined =
            one.block_on([&]() -> edo::Task<edo::JoinResult<void>> { co_return co_await waiting; });
        BOOST_TEST(joined.has_value());
    });
}

BOOST_AUTO_TEST_CASE(signals_coalesce) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(coalesce()); });
}

BOOST_AUTO_TEST_CASE(a_signal_between_two_calls_of_recv_is_not_lost) {
    for_each_flavor(
        [](edo::Runtime& runtime) { runtime.block_on(receive_what_came_in_between()); });
}

BOOST_AUTO_TEST_CASE(a_listener_gets_its_own_signal_only) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(tell_signals_apart()); });
}

BOOST_AUTO_TEST_CASE(ten_thousand_signals_are_survived_and_the_last_is_received) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(survive_a_storm()); });
}

BOOST_AUTO_TEST_CASE(no_signal_is_lost_when_recv_is_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Receiving>());
        BOOST_TEST(driven.suspensions == 1U);
    });
}

BOOST_AUTO_TEST_CASE(the_handler_before_is_put_back_when_the_last_listener_goes) {
    const OwnHandler own(SIGUSR1);
    const auto before = disposition(SIGUSR1).sa_handler;
    handled = 0;
    {
        Signal first = Signal::create(SIGUSR1).value();
        {
            const Signal second = Signal::create(SIGUSR1).value();
        }
        BOOST_TEST(bool(disposition(SIGUSR1).sa_handler != before));
        Signal moved(std::move(first));
        Signal assigned = Signal::create(SIGUSR2).value();
        assigned = std::move(moved);
        BOOST_TEST(assigned.number() == SIGUSR1);
        BOOST_TEST(bool(disposition(SIGUSR2).sa_handler == SIG_DFL));
        ::raise(SIGUSR1);
        BOOST_TEST(handled == 0);
    }
    BOOST_TEST(bool(disposition(SIGUSR1).sa_handler == before));
    ::raise(SIGUSR1);
    BOOST_TEST(handled == 1);
}

BOOST_AUTO_TEST_CASE(a_handler_that_somebody_else_has_put_there_meanwhile_is_left_alone) {
    {
        const Signal signal = Signal::create(SIGUSR1).value();
        ::signal(SIGUSR1, SIG_IGN);
    }
    BOOST_TEST(bool(disposition(SIGUSR1).sa_handler == SIG_IGN));
    ::signal(SIGUSR1, SIG_DFL);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_runtime_ends_its_listeners) {
    for_each_flavor([](edo::Runtime& runtime) {
        Event started;
        auto waiting = runtime.spawn([&started]() -> edo::Task<void> {
            Signal signal = Signal::create(SIGUSR1).value();
            started.set();
            co_await signal.recv();
        });
        runtime.block_on([&]() -> edo::Task<void> { co_await started; });
        edo::Runtime(std::move(runtime));  // ends here
        BOOST_TEST(waiting.is_finished());
        BOOST_TEST(bool(disposition(SIGUSR1).sa_handler == SIG_DFL));
    });
}

BOOST_AUTO_TEST_CASE(signals_that_cannot_be_listened_for_are_errors) {
    for (const int number : {SIGKILL, SIGSTOP, SIGILL, SIGFPE, SIGSEGV, SIGBUS, 0, -1, 1000}) {
        const auto signal = Signal::create(number);
        BOOST_REQUIRE(!signal);
        BOOST_TEST((signal.error() == std::errc::invalid_argument));
    }
}

BOOST_AUTO_TEST_CASE(a_signal_that_was_moved_away_receives_nothing) {
    for_each_flavor([](edo::Runtime& runtime) {
        Signal signal = Signal::create(SIGUSR1).value();
        Signal moved(std::move(signal));
        ::raise(SIGUSR1);
        runtime.block_on([&]() -> edo::Task<void> {
            co_await moved.recv();
            const bool empty = co_await has_one_more(signal);  // NOLINT: that is the test
            BOOST_TEST(!empty);
        });
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
