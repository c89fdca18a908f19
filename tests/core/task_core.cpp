// SPDX-License-Identifier: MIT
// The state machine of a task: who queues it when.
#include "core/dummy_task.hpp"
#include "support/event.hpp"
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/core/context.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

using edo::detail::AfterRun;
using edo::detail::Outcome;
using edo::detail::TaskCell;
using edo::detail::TaskCore;
using edo::test::CountingOwner;
using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::LeakGuard;
using edo::test::Signal;
using State = edo::detail::TaskCore::State;

namespace {

/// A task cell with its handle, run on this thread.
class Subject {
public:
    explicit Subject(edo::Task<void> task)
        : cell_(new TaskCell<void>(owner, std::move(task))), handle_(*cell_, cell_->result()) {}

    AfterRun run() {
        const edo::detail::ContextScope scope;
        edo::detail::Turn turn;
        return cell_->run(edo::detail::context(), turn);
    }
    [[nodiscard]] TaskCore& core() { return *cell_; }
    [[nodiscard]] State state() const { return cell_->state(); }

    CountingOwner owner;

private:
    TaskCell<void>* cell_;
    edo::JoinHandle<void> handle_;
};

edo::Task<void> wait_for(Event& event) {
    co_await event;
}

edo::Task<void> logs(Event& event, int n, std::vector<int>& out) {
    co_await event;
    out.push_back(n);
}

BOOST_AUTO_TEST_SUITE(task_core)

BOOST_AUTO_TEST_CASE(a_new_task_belongs_to_its_queue_and_runs_to_its_end) {
    const LeakGuard guard;
    auto nothing = []() -> edo::Task<void> { co_return; };
    Subject subject(nothing());
    BOOST_TEST((subject.state() == State::Running));
    BOOST_TEST((subject.run() == AfterRun::Parked));
    BOOST_TEST((subject.state() == State::Complete));
    BOOST_TEST((subject.core().outcome() == Outcome::Value));
    BOOST_TEST(subject.owner.scheduled == 0);
    BOOST_TEST(subject.owner.forgotten == 1);
}

BOOST_AUTO_TEST_CASE(the_first_wake_up_schedules_and_the_next_do_not) {
    const LeakGuard guard;
    Event first;
    Event second;
    std::vector<int> order;
    auto both = [](Event& a, Event& b, std::vector<int>& out) -> edo::Task<void> {
        co_await edo::join(logs(a, 1, out), logs(b, 2, out));
    };
    Subject subject(both(first, second, order));
    BOOST_TEST((subject.run() == AfterRun::Parked));
    BOOST_TEST((subject.state() == State::Idle));
    second.set();
    BOOST_TEST((subject.state() == State::Scheduled));
    BOOST_TEST(subject.owner.scheduled == 1);
    first.set();
    BOOST_TEST(subject.owner.scheduled == 1);
    BOOST_TEST((subject.run() == AfterRun::Parked));
    BOOST_TEST((subject.state() == State::Complete));
    const std::vector<int> expected{2, 1};  // in the order of the wake-ups
    BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_wake_up_while_it_runs_is_served_in_the_same_turn) {
    const LeakGuard guard;
    Event first;
    Event second;
    auto work = [](Event& a, Event& b) -> edo::Task<void> {
        auto set = [](Event& e) -> edo::Task<void> {
            e.set();
            co_return;
        };
        co_await edo::join(wait_for(b), set(b));
        co_await a;
    };
    Subject subject(work(first, second));
    BOOST_TEST((subject.run() == AfterRun::Parked));
    BOOST_TEST((subject.state() == State::Idle));
    BOOST_TEST(subject.owner.scheduled == 0);
    first.set();
    BOOST_TEST((subject.run() == AfterRun::Parked));
    BOOST_TEST((subject.state() == State::Complete));
}

BOOST_AUTO_TEST_CASE(a_yield_asks_for_another_turn) {
    const LeakGuard guard;
    auto yields = []() -> edo::Task<void> { co_await edo::yield_now(); };
    Subject subject(yields());
    BOOST_TEST((subject.run() == AfterRun::Reschedule));
    BOOST_TEST((subject.state() == State::Scheduled));
    BOOST_TEST(subject.owner.scheduled == 0);  // the runner queues it
    BOOST_TEST((subject.run() == AfterRun::Parked));
    BOOST_TEST((subject.state() == State::Complete));
}

BOOST_AUTO_TEST_CASE(an_abort_schedules_an_idle_task_once) {
    const LeakGuard guard;
    Event never;
    Subject subject(wait_for(never));
    static_cast<void>(subject.run());
    subject.core().abort();
    subject.core().abort();
    BOOST_TEST(subject.owner.scheduled == 1);
    BOOST_TEST((subject.run() == AfterRun::Parked));
    BOOST_TEST((subject.core().outcome() == Outcome::Cancelled));
    BOOST_TEST(subject.owner.forgotten == 1);
    subject.core().abort();
    BOOST_TEST(subject.owner.scheduled == 1);
}

BOOST_AUTO_TEST_CASE(an_abort_of_a_scheduled_task_does_not_queue_it_twice) {
    const LeakGuard guard;
    Event event;
    Subject subject(wait_for(event));
    subject.core().abort();  // before its first turn
    BOOST_TEST(subject.owner.scheduled == 0);
    BOOST_TEST((subject.run() == AfterRun::Parked));
    BOOST_TEST((subject.core().outcome() == Outcome::Cancelled));

    Subject woken(wait_for(event));
    static_cast<void>(woken.run());
    event.set();
    const int scheduled = woken.owner.scheduled;
    woken.core().abort();
    BOOST_TEST(woken.owner.scheduled == scheduled);
    static_cast<void>(woken.run());
    BOOST_TEST((woken.state() == State::Complete));
}

BOOST_AUTO_TEST_CASE(an_abort_goes_before_a_wake_up) {
    const LeakGuard guard;
    Event event;
    std::vector<int> order;
    Subject subject(logs(event, 1, order));
    static_cast<void>(subject.run());
    event.set();
    subject.core().abort();
    static_cast<void>(subject.run());
    BOOST_TEST((subject.core().outcome() == Outcome::Cancelled));
    BOOST_TEST(order.empty());
}

BOOST_AUTO_TEST_CASE(an_inspection_sees_the_state_and_keeps_it) {
    const LeakGuard guard;
    Event event;
    Subject subject(wait_for(event));
    State seen{};
    const auto look = [&seen](State state, TaskCore&) { seen = state; };
    subject.core().inspect(look);
    BOOST_TEST((seen == State::Running));
    static_cast<void>(subject.run());
    subject.core().inspect(look);
    BOOST_TEST((seen == State::Idle));
    BOOST_TEST((subject.state() == State::Idle));
    event.set();
    subject.core().inspect(look);
    BOOST_TEST((seen == State::Scheduled));
    static_cast<void>(subject.run());
    subject.core().inspect(look);
    BOOST_TEST((seen == State::Complete));
}

BOOST_AUTO_TEST_CASE(a_wake_up_during_an_inspection_schedules_afterwards) {
    const LeakGuard guard;
    Event event;
    Subject subject(wait_for(event));
    static_cast<void>(subject.run());
    subject.core().inspect([&subject, &event](State, TaskCore&) {
        event.set();
        BOOST_TEST(subject.owner.scheduled == 0);
    });
    BOOST_TEST(subject.owner.scheduled == 1);
    BOOST_TEST((subject.run() == AfterRun::Parked));
    BOOST_TEST((subject.core().outcome() == Outcome::Value));
}

BOOST_AUTO_TEST_CASE(an_abort_during_an_inspection_schedules_afterwards) {
    const LeakGuard guard;
    Event never;
    Subject subject(wait_for(never));
    static_cast<void>(subject.run());
    subject.core().inspect([&subject](State, TaskCore&) {
        subject.core().abort();
        BOOST_TEST(subject.owner.scheduled == 0);
    });
    BOOST_TEST(subject.owner.scheduled == 1);
    static_cast<void>(subject.run());
    BOOST_TEST((subject.core().outcome() == Outcome::Cancelled));
}

BOOST_AUTO_TEST_CASE(whoever_runs_a_scheduled_task_waits_for_its_inspector) {
    const LeakGuard guard;
    Event event;
    Event inspecting;
    std::atomic<bool> inspected = false;
    std::vector<int> order;
    Subject subject(logs(event, 1, order));
    static_cast<void>(subject.run());
    event.set();
    std::jthread inspector([&subject, &inspecting, &inspected] {
        subject.core().inspect([&inspecting, &inspected](State, TaskCore&) {
            inspecting.set();
            for (int i = 0; i < 100; ++i) {
                std::this_thread::yield();
            }
            inspected = true;
        });
    });
    inspecting.wait();
    BOOST_TEST((subject.run() == AfterRun::Parked));
    BOOST_TEST(inspected);
    BOOST_TEST(order.size() == 1U);  // and its wake-up was not lost
    BOOST_TEST((subject.core().outcome() == Outcome::Value));
}

BOOST_AUTO_TEST_CASE(an_exception_from_an_inspection_gives_the_task_back) {
    const LeakGuard guard;
    Event event;
    Subject subject(wait_for(event));
    static_cast<void>(subject.run());
    BOOST_CHECK_THROW(subject.core().inspect([](State, TaskCore&) { throw 1; }), int);
    BOOST_TEST((subject.state() == State::Idle));
    event.set();
    BOOST_TEST(subject.owner.scheduled == 1);
    static_cast<void>(subject.run());
    BOOST_TEST((subject.state() == State::Complete));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
