// SPDX-License-Identifier: MIT
// Every operation of mpsc channels, destroyed at each of its suspensions.
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/mpsc.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
namespace mpsc = edo::sync::mpsc;
using edo::Task;
using edo::test::CancelScenario;
using edo::test::drive;
using edo::test::for_each_flavor;

namespace {

using Value = std::unique_ptr<int>;

/// Two values are to go through a channel; whatever is cancelled, each is in one place after it.
class Sending : public CancelScenario {
public:
    Task<void> subject() override {
        const auto first = co_await sender_.send(std::move(first_));
        const auto second = co_await sender_.send(std::move(second_));
        BOOST_TEST((first.has_value() && second.has_value()));
    }
    void suspended(std::size_t /*n*/) override { take(); }
    Task<void> check(bool completed) override {
        BOOST_TEST((completed ? second_ == nullptr : true));
        while (auto value = receiver_.try_recv()) {
            got_.push_back(**value);
        }
        if (first_ != nullptr) {
            got_.push_back(*first_);
        }
        if (second_ != nullptr) {
            got_.push_back(*second_);
        }
        const std::vector<int> expected{0, 1, 2};
        BOOST_TEST(got_ == expected, boost::test_tools::per_element());
        BOOST_TEST(sender_.capacity() == 1U);
        co_return;
    }

private:
    void take() { got_.push_back(**receiver_.try_recv()); }

    std::pair<mpsc::Sender<Value>, mpsc::Receiver<Value>> ends_ = mpsc::channel<Value>(1);
    mpsc::Sender<Value>& sender_ = ends_.first;
    mpsc::Receiver<Value>& receiver_ = ends_.second;
    bool full_ = sender_.try_send(std::make_unique<int>(0)).has_value();
    Value first_ = std::make_unique<int>(1);
    Value second_ = std::make_unique<int>(2);
    std::vector<int> got_;
};

class Receiving : public CancelScenario {
public:
    Task<void> subject() override {
        for (int i = 0; i < 2; ++i) {
            const auto value = co_await receiver_.recv();
            BOOST_TEST(value.value() == received_);
            ++received_;
        }
        std::vector<int> more;
        const std::size_t count = co_await receiver_.recv_many(more, 4);
        BOOST_TEST(count == 1U);
        received_ += int(count);
    }
    void suspended(std::size_t /*n*/) override { send(); }
    Task<void> check(bool /*completed*/) override {
        send();
        while (received_ < sent_) {
            const auto value = co_await receiver_.recv();
            BOOST_TEST(value.value() == received_);
            ++received_;
        }
        BOOST_TEST(receiver_.is_empty());
    }

private:
    void send() { BOOST_TEST(sender_.try_send(sent_++).has_value()); }

    std::pair<mpsc::Sender<int>, mpsc::Receiver<int>> ends_ = mpsc::channel<int>(4);
    mpsc::Sender<int>& sender_ = ends_.first;
    mpsc::Receiver<int>& receiver_ = ends_.second;
    int sent_ = 0;
    int received_ = 0;
};

class ReceivingUnbounded : public CancelScenario {
public:
    Task<void> subject() override {
        for (int i = 0; i < 40; ++i) {
            const auto value = co_await receiver_.recv();
            BOOST_TEST(value.value() == received_);
            ++received_;
        }
    }
    void suspended(std::size_t /*n*/) override { send(); }
    Task<void> check(bool /*completed*/) override {
        send();
        while (received_ < sent_) {
            const auto value = co_await receiver_.recv();
            BOOST_TEST(value.value() == received_);
            ++received_;
        }
    }

private:
    void send() { BOOST_TEST(sender_.send(sent_++).has_value()); }

    std::pair<mpsc::UnboundedSender<int>, mpsc::UnboundedReceiver<int>> ends_ =
        mpsc::unbounded_channel<int>();
    mpsc::UnboundedSender<int>& sender_ = ends_.first;
    mpsc::UnboundedReceiver<int>& receiver_ = ends_.second;
    int sent_ = 0;
    int received_ = 0;
};

/// All kinds of reservations: none may keep its place when it is gone.
class Reserving : public CancelScenario {
public:
    Task<void> subject() override {
        {
            const auto one = co_await sender_.reserve();
            BOOST_TEST(one.has_value());
        }
        fill();
        {
            const auto many = co_await sender_.reserve_many(2);
            BOOST_TEST(many.has_value());
        }
        fill();
        mpsc::Sender<int> copy = sender_;
        auto owned = co_await std::move(copy).reserve_owned();
        BOOST_TEST(owned.has_value());
    }
    void suspended(std::size_t /*n*/) override { receiver_drain(); }
    Task<void> check(bool /*completed*/) override {
        receiver_drain();
        BOOST_TEST(sender_.capacity() == 2U);
        BOOST_TEST(receiver_.sender_strong_count() == 1U);
        co_return;
    }

private:
    bool fill() { return sender_.try_send(1).has_value() && sender_.try_send(2).has_value(); }
    void receiver_drain() {
        while (receiver_.try_recv()) {
        }
    }

    std::pair<mpsc::Sender<int>, mpsc::Receiver<int>> ends_ = mpsc::channel<int>(2);
    mpsc::Sender<int>& sender_ = ends_.first;
    mpsc::Receiver<int>& receiver_ = ends_.second;
    bool full_ = fill();
};

class SendingWithTimeout : public CancelScenario {
public:
    Task<void> subject() override {
        const auto sent = co_await sender_.send_timeout(std::move(value_), 1h);
        BOOST_TEST(sent.has_value());
    }
    void suspended(std::size_t /*n*/) override { taken_ += receiver_.try_recv() ? 1 : 0; }
    Task<void> check(bool completed) override {
        BOOST_TEST((value_ == nullptr) == completed);
        suspended(0);
        suspended(0);
        BOOST_TEST(taken_ == (completed ? 2 : 1));
        BOOST_TEST(sender_.capacity() == 1U);
        co_return;
    }

private:
    std::pair<mpsc::Sender<Value>, mpsc::Receiver<Value>> ends_ = mpsc::channel<Value>(1);
    mpsc::Sender<Value>& sender_ = ends_.first;
    mpsc::Receiver<Value>& receiver_ = ends_.second;
    bool full_ = sender_.try_send(std::make_unique<int>(0)).has_value();
    Value value_ = std::make_unique<int>(1);
    int taken_ = 0;
};

class WaitingForClosed : public CancelScenario {
public:
    Task<void> subject() override { co_await ends_.first.closed(); }
    void suspended(std::size_t /*n*/) override { ends_.second.close(); }
    Task<void> check(bool /*completed*/) override {
        ends_.second.close();
        co_await ends_.first.closed();
    }

private:
    std::pair<mpsc::Sender<int>, mpsc::Receiver<int>> ends_ = mpsc::channel<int>(1);
};

/// Uses up its budget first, so that also the operations that only wait for a turn are cancelled.
class WithoutBudget : public CancelScenario {
public:
    Task<void> subject() override {
        for (int i = 0; i < 200; ++i) {
            const auto sent = co_await sender_.send(sent_);
            sent_ += sent.has_value() ? 1 : 0;
            const auto got = co_await receiver_.recv();
            BOOST_TEST(got.value() == received_);
            ++received_;
        }
    }
    Task<void> check(bool /*completed*/) override {
        while (const auto value = receiver_.try_recv()) {
            BOOST_TEST(*value == received_);
            ++received_;
        }
        BOOST_TEST(sent_ == received_);
        BOOST_TEST(sender_.capacity() == 1U);
        co_return;
    }

private:
    std::pair<mpsc::Sender<int>, mpsc::Receiver<int>> ends_ = mpsc::channel<int>(1);
    mpsc::Sender<int>& sender_ = ends_.first;
    mpsc::Receiver<int>& receiver_ = ends_.second;
    int sent_ = 0;
    int received_ = 0;
};

template <class Scenario>
void check_suspensions(std::size_t expected) {
    for_each_flavor([expected](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Scenario>());
        BOOST_TEST(driven.suspensions == expected);
    });
}

BOOST_AUTO_TEST_SUITE(mpsc_cancellation)

BOOST_AUTO_TEST_CASE(sending_is_cancel_safe_at_every_suspension) {
    check_suspensions<Sending>(2);
}

BOOST_AUTO_TEST_CASE(sending_with_a_timeout_is_cancel_safe_at_every_suspension) {
    check_suspensions<SendingWithTimeout>(1);
}

BOOST_AUTO_TEST_CASE(receiving_is_cancel_safe_at_every_suspension) {
    check_suspensions<Receiving>(3);
}

BOOST_AUTO_TEST_CASE(receiving_from_an_unbounded_channel_is_cancel_safe_at_every_suspension) {
    check_suspensions<ReceivingUnbounded>(40);
}

BOOST_AUTO_TEST_CASE(reserving_is_cancel_safe_at_every_suspension) {
    check_suspensions<Reserving>(3);
}

BOOST_AUTO_TEST_CASE(waiting_for_closed_is_cancel_safe_at_every_suspension) {
    check_suspensions<WaitingForClosed>(1);
}

BOOST_AUTO_TEST_CASE(waiting_for_the_next_turn_is_cancel_safe) {
    check_suspensions<WithoutBudget>(3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
