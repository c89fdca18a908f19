// SPDX-License-Identifier: MIT
// Signals are dispatched by the reactors of the runtimes that wait for them.

#include "support/child_case.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/core/sanitizers.hpp>
#include <edo/runtime/metrics.hpp>
#include <edo/runtime/signal/signal.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <barrier>
#include <chrono>
#include <csignal>
#include <optional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace std::chrono_literals;
using edo::Builder;
using edo::ReactorKind;
using edo::Runtime;
using edo::Task;
using edo::signal::Signal;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::for_each_flavor_and_reactor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

/// To the process: the system picks a thread, as a rule the main one, which may sleep. With a
/// sanitizer to the calling thread: a thread that sleeps in a system call which ThreadSanitizer
/// does not know runs no handlers.
void send_signal() noexcept {
    if (edo::detail::kSanitized) {
        ::raise(SIGUSR1);
    } else {
        ::kill(::getpid(), SIGUSR1);
    }
}

Task<void> receive(Signal& signal) {
    co_await signal.recv();
}

Task<bool> has_one_more(Signal& signal) {
    SteppedTask<void> receiving(receive(signal));
    receiving.turn();
    const bool finished = receiving.is_finished();
    receiving.cancel();
    co_return finished;
}

/// Has waited when `waits` is set: nothing else is in its turn after that.
Task<void> receive_after(Event* waits, Signal* signal) {
    co_await edo::join(receive(*signal), [](Event* event) -> Task<void> {
        event->set();
        co_return;
    }(waits));
}

/// Receives `rounds` signals, each of which is raised by the thread that comes to the barrier last.
void receive_rounds(Builder builder, int rounds, std::barrier<void (*)() noexcept>* all) {
    Signal signal = Signal::create(SIGUSR1).value();
    Runtime runtime = builder.build();
    for (int i = 0; i < rounds; ++i) {
        all->arrive_and_wait();
        runtime.block_on(receive(signal));
    }
    all->arrive_and_wait();  // the last signal comes back to nobody who would be ended by it
}

}  // namespace

BOOST_AUTO_TEST_SUITE(signal_reactors)

BOOST_AUTO_TEST_CASE(a_signal_ends_the_sleep_of_a_runtime_with_any_reactor) {
    for_each_flavor_and_reactor([](Runtime& runtime) {
        Signal signal = Signal::create(SIGUSR1).value();
        for (int i = 0; i < 3; ++i) {
            Event waits;
            std::thread sender([&waits, i] {
                waits.wait();
                i == 0 ? static_cast<void>(::raise(SIGUSR1)) : send_signal();
            });
            runtime.block_on(receive_after(&waits, &signal));
            sender.join();
        }
    });
}

BOOST_AUTO_TEST_CASE(a_signal_that_came_before_the_runtime_is_received) {
    for_each_flavor_and_reactor([](Builder builder) {
        Signal signal = Signal::create(SIGUSR1).value();
        ::raise(SIGUSR1);
        ::raise(SIGUSR1);
        Runtime runtime = builder.build();
        runtime.block_on([&]() -> Task<void> {
            co_await signal.recv();
            const bool again = co_await has_one_more(signal);
            BOOST_TEST(!again);
        });
    });
}

BOOST_AUTO_TEST_CASE(runtimes_with_different_reactors_all_get_each_signal) {
    const LeakGuard guard;
    constexpr int kRounds = 200;
    std::barrier<void (*)() noexcept> all(4, &send_signal);
    Signal keeps_the_handler = Signal::create(SIGUSR1).value();
    std::vector<std::thread> threads;
    for (const ReactorKind kind :
         {ReactorKind::Epoll, ReactorKind::Asio, ReactorKind::Asio, ReactorKind::IoUring}) {
        threads.emplace_back([&all, kind] {
            receive_rounds(Builder::current_thread().reactor(kind), kRounds, &all);
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

BOOST_AUTO_TEST_CASE(a_runtime_that_has_received_a_signal_sleeps_again) {
    for_each_flavor_and_reactor([](Runtime& runtime) {
        // Of the same kind, and they hear the same signals: one of them finds nothing.
        Runtime other = Builder::current_thread().reactor(ReactorKind::Asio).build();
        Signal signal = Signal::create(SIGUSR1).value();
        Signal other_signal = Signal::create(SIGUSR1).value();
        ::raise(SIGUSR1);
        runtime.block_on(receive(signal));
        other.block_on(receive(other_signal));
        for (Runtime* const each : {&runtime, &other}) {
            each->block_on([]() -> Task<void> { co_await edo::sleep(10ms); });
            const auto metrics = each->handle().metrics();
            const auto before = metrics.worker_park_count(0);
            each->block_on([]() -> Task<void> { co_await edo::sleep(30ms); });
            BOOST_TEST(metrics.worker_park_count(0) - before < 20u);  // not thousands
        }
    });
}

BOOST_AUTO_TEST_CASE(one_signal_can_be_awaited_in_several_runtimes_in_turn) {
    for_each_flavor_and_reactor([](Runtime& first) {
        Runtime second = Builder::current_thread().build();
        Signal signal = Signal::create(SIGUSR1).value();
        for (int i = 0; i < 4; ++i) {
            Event waits;
            std::thread sender([&waits] {
                waits.wait();
                send_signal();
            });
            (i % 2 == 0 ? first : second).block_on(receive_after(&waits, &signal));
            sender.join();
        }
        // The first one ends, and the signal lives on.
        edo::Runtime(std::move(first));
        ::raise(SIGUSR1);
        second.block_on(receive(signal));
    });
}

BOOST_AUTO_TEST_CASE(a_listener_that_goes_does_not_disturb_those_that_wait) {
    for_each_flavor_and_reactor([](Runtime& runtime) {
        Signal stays = Signal::create(SIGUSR1).value();
        std::optional<Signal> goes = Signal::create(SIGUSR1).value();
        std::optional<Signal> of_another_kind = Signal::create(SIGUSR2).value();
        Event waits;
        auto waiting = runtime.spawn(receive_after(&waits, &stays));
        runtime.block_on([&]() -> Task<void> {
            co_await waits;
            co_await edo::select(edo::biased, goes->recv(), of_another_kind->recv(),
                                 edo::yield_now());
            goes.reset();
            of_another_kind.reset();
            ::raise(SIGUSR1);
            const auto ended = co_await waiting;
            BOOST_TEST(ended.has_value());
        });
    });
}

BOOST_AUTO_TEST_CASE(a_later_listener_does_not_get_what_came_before_it) {
    for_each_flavor([](Runtime& runtime) {
        Signal first = Signal::create(SIGUSR1).value();
        ::raise(SIGUSR1);
        Signal later = Signal::create(SIGUSR1).value();  // the runtime has not been told yet
        runtime.block_on([&]() -> Task<void> {
            const bool of_later = co_await has_one_more(later);
            BOOST_TEST(!of_later);
            co_await first.recv();
        });
    });
}

BOOST_AUTO_TEST_CASE(a_waiting_listener_is_told_what_another_one_has_found) {
    for_each_flavor([](Runtime& runtime) {
        Signal first = Signal::create(SIGUSR1).value();
        Signal second = Signal::create(SIGUSR1).value();
        runtime.block_on([&]() -> Task<void> {
            SteppedTask<void> waiting(receive(first));
            waiting.turn();
            ::raise(SIGUSR1);
            co_await second.recv();  // before any reactor has turned
            co_await waiting.woken();
            waiting.turn();
            BOOST_TEST(waiting.is_finished());
        });
    });
}

BOOST_AUTO_TEST_CASE(a_signal_in_a_forked_child_does_not_disturb_its_parent) {
    Signal signal = Signal::create(SIGUSR1).value();
    for_each_flavor_and_reactor([&signal](Runtime& runtime) {
        Event waits;
        auto waiting = runtime.spawn(receive_after(&waits, &signal));
        runtime.block_on([&waits]() -> Task<void> { co_await waits; });
        const pid_t child = ::fork();
        if (child == 0) {
            ::raise(SIGUSR1);
            ::_exit(0);
        }
        int status = -1;
        ::waitpid(child, &status, 0);
        BOOST_TEST(status == 0);
        runtime.block_on([&]() -> Task<void> {
            co_await edo::sleep(5ms);  // turns the reactor, which has been told
            BOOST_TEST(!waiting.is_finished());
            ::raise(SIGUSR1);
            const auto ended = co_await waiting;
            BOOST_TEST(ended.has_value());
        });
    });
}

BOOST_AUTO_TEST_CASE(the_first_listener_of_a_process_needs_a_descriptor) {
    if (!edo::test::is_child()) {
        const edo::test::ChildEnd end = edo::test::run_case_in_child(
            "signal_reactors/the_first_listener_of_a_process_needs_a_descriptor", "EDO_LOG",
            "info");
        BOOST_TEST(end.exit_code == 0, end.output);
        return;
    }
    rlimit usual{};
    ::getrlimit(RLIMIT_NOFILE, &usual);
    rlimit none = usual;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &none);
    const auto refused = Signal::create(SIGUSR1);
    ::setrlimit(RLIMIT_NOFILE, &usual);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error() == std::errc::too_many_files_open));
    struct sigaction action{};
    ::sigaction(SIGUSR1, nullptr, &action);
    BOOST_TEST(bool(action.sa_handler == SIG_DFL));

    Signal first = Signal::create(SIGUSR1).value();
    ::setrlimit(RLIMIT_NOFILE, &none);
    const auto second = Signal::create(SIGUSR2);  // shares it
    ::setrlimit(RLIMIT_NOFILE, &usual);
    BOOST_TEST(second.has_value());
    ::raise(SIGUSR1);
    Builder::current_thread().build().block_on(receive(first));
}

BOOST_AUTO_TEST_CASE(waiting_outside_of_a_runtime_is_misuse) {
    Signal signal = Signal::create(SIGUSR1).value();
    SteppedTask<void> without(receive(signal));
    without.turn();
    BOOST_REQUIRE(without.is_finished());
    BOOST_CHECK_THROW(without.take(), edo::UsageError);
    ::raise(SIGUSR1);
    SteppedTask<void> there(receive(signal));  // it need not wait
    there.turn();
    BOOST_TEST(there.is_finished());
    BOOST_CHECK_NO_THROW(there.take());
}

BOOST_AUTO_TEST_CASE(the_end_of_the_runtime_does_not_look_like_a_signal) {
    for_each_flavor_and_reactor([](Builder builder) {
        Signal signal = Signal::create(SIGUSR1).value();
        std::optional<Runtime> runtime = builder.build();
        Event waits;
        std::atomic<bool> received{false};
        const auto wait = [&]() -> Task<void> {
            co_await receive_after(&waits, &signal);
            received = true;
        };
        std::thread other([&wait, handle = runtime->handle()] {
            BOOST_CHECK_THROW(handle.block_on(wait()), edo::UsageError);
        });
        waits.wait();
        runtime.reset();
        other.join();
        BOOST_TEST(!received);
    });
}

BOOST_AUTO_TEST_SUITE_END()
