// SPDX-License-Identifier: MIT
// Many producers, one consumer, eight workers and plain threads: nothing is lost, nothing comes
// twice, and each producer's values come in order, whatever is cancelled meanwhile.
#include "channels/seed.hpp"
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/core/spin_lock.hpp>
#include <edo/runtime/sync/mpsc.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
namespace mpsc = edo::sync::mpsc;
using edo::Task;
using edo::test::channel_random;
using edo::test::channel_seed;
using edo::test::must;
using edo::test::scaled;

namespace {

constexpr unsigned kProducers = 8;
constexpr unsigned kThreads = 2;

/// On the heap, so that sanitizers see what is used twice.
using Value = std::unique_ptr<std::pair<unsigned, int>>;

Value make(unsigned producer, int number) {
    return std::make_unique<std::pair<unsigned, int>>(producer, number);
}

/// Sends one value in a random way, again and again until it is accepted.
Task<void> send_somehow(mpsc::Sender<Value>& sender, Value value, edo::detail::Random& random) {
    while (value != nullptr) {
        const std::uint32_t way = random.below(6);
        if (way == 0) {
            auto sent = sender.try_send(std::move(value));
            if (!sent) {
                value = std::move(sent.error().value);
                co_await edo::yield_now();
            }
        } else if (way == 1) {  // cancelled, unless it is quick
            auto sending = sender.send(std::move(value));
            auto first = co_await edo::select(std::move(sending), edo::yield_now());
            must(first.is<0>() == (value == nullptr));
        } else if (way == 2) {
            auto first = co_await edo::select(sender.reserve_many(2), edo::yield_now());
            if (auto* const permits = first.get_if<0>()) {
                auto permit = (*permits)->next();
                std::move(*permit).send(std::move(value));
            }
        } else if (way == 3) {
            mpsc::Sender<Value> copy = sender;
            auto owned = co_await std::move(copy).reserve_owned();
            if (random.below(2) == 0) {
                static_cast<void>(std::move(*owned).release());
            } else {
                static_cast<void>(std::move(*owned).send(std::move(value)));
            }
        } else {
            const auto sent = co_await sender.send(std::move(value));
            must(sent.has_value());
        }
    }
}

Task<void> produce(mpsc::Sender<Value> sender, unsigned producer, int count) {
    edo::detail::Random random = channel_random(producer);
    for (int i = 0; i < count; ++i) {
        co_await send_somehow(sender, make(producer, i), random);
    }
}

Task<void> produce_unbounded(mpsc::UnboundedSender<Value> sender, unsigned producer, int count) {
    edo::detail::Random random = channel_random(producer);
    for (int i = 0; i < count; ++i) {
        must(sender.send(make(producer, i)).has_value());
        if (random.below(20) == 0) {
            co_await edo::yield_now();
        }
    }
}

/// Checks what it receives.
class Ledger {
public:
    void add(const Value& value) {
        const auto [producer, number] = *value;
        BOOST_TEST_REQUIRE(number == next_.at(producer));
        ++next_[producer];
    }
    void check(unsigned producers, int count) const {
        for (unsigned i = 0; i < producers; ++i) {
            BOOST_TEST(next_[i] == count);
        }
    }

private:
    std::vector<int> next_ = std::vector<int>(kProducers + kThreads);
};

template <class Receiver>
Task<Ledger> consume(Receiver receiver) {
    Ledger ledger;
    edo::detail::Random random = channel_random(99);
    for (bool open = true; open;) {
        const std::uint32_t way = random.below(4);
        if (way == 0) {
            std::vector<Value> values;
            const std::size_t count = co_await receiver.recv_many(values, 1 + random.below(40));
            for (const Value& value : values) {
                ledger.add(value);
            }
            open = count > 0;
        } else if (way == 1) {
            auto value = receiver.try_recv();
            if (value) {
                ledger.add(*value);
            }
        } else if (way == 2) {  // cancelled, unless it is quick
            auto first = co_await edo::select(receiver.recv(), edo::yield_now());
            if (auto* const value = first.template get_if<0>()) {
                open = value->has_value();
                if (open) {
                    ledger.add(**value);
                }
            }
        } else {
            auto value = co_await receiver.recv();
            open = value.has_value();
            if (open) {
                ledger.add(*value);
            }
        }
    }
    co_return ledger;
}

void pause(edo::detail::Random& random) {
    for (std::uint32_t n = random.below(100); n > 0; --n) {
        edo::detail::cpu_relax();
    }
}

/// A thread sends one value at a time, at about the moment at which the receiver goes to sleep. A
/// wake-up that is lost makes this hang.
template <class Receiver, class Send>
void race(Receiver receiver, Send send) {
    constexpr int count = scaled(50000);
    std::atomic<int> wanted = -1;
    std::thread thread([&wanted, &send] {
        edo::detail::Random random = channel_random(1);
        for (int i = 0; i < count; ++i) {
            for (unsigned round = 0; wanted.load(std::memory_order_acquire) < i; ++round) {
                edo::detail::spin_wait(round);
            }
            pause(random);
            must(send(make(0, i)));
        }
    });
    edo::block_on([](Receiver from, std::atomic<int>& next, int last) -> Task<void> {
        edo::detail::Random random = channel_random(2);
        for (int i = 0; i < last; ++i) {
            next.store(i, std::memory_order_release);
            pause(random);
            const auto value = co_await from.recv();
            must(value.has_value() && (*value)->second == i);
        }
    }(std::move(receiver), wanted, count));
    thread.join();
}

BOOST_AUTO_TEST_SUITE(mpsc_stress)

BOOST_AUTO_TEST_CASE(a_value_that_comes_just_as_the_receiver_goes_to_sleep_wakes_it) {
    BOOST_TEST_MESSAGE("EDO_STRESS_SEED=" << channel_seed());
    auto [bounded, one] = mpsc::channel<Value>(1);
    race(std::move(one),
         [&to = bounded](Value value) { return to.try_send(std::move(value)).has_value(); });
    auto [unbounded, other] = mpsc::unbounded_channel<Value>();
    race(std::move(other),
         [&to = unbounded](Value value) { return to.send(std::move(value)).has_value(); });
}

BOOST_AUTO_TEST_CASE(a_bounded_channel_keeps_every_value_once_and_in_order) {
    BOOST_TEST_MESSAGE("EDO_STRESS_SEED=" << channel_seed());
    BOOST_TEST_CONTEXT("EDO_STRESS_SEED=" << channel_seed()) {
        const edo::test::LeakGuard guard;
        for (const std::size_t capacity : {2U, 7U, 100U}) {
            const int count = scaled(5000);
            edo::Runtime runtime = edo::Builder::multi_thread(8).build();
            auto [sender, receiver] = mpsc::channel<Value>(capacity);
            for (unsigned i = 0; i < kProducers; ++i) {
                runtime.spawn(produce(sender, i, count)).detach();
            }
            std::vector<std::thread> threads;
            for (unsigned i = 0; i < kThreads; ++i) {
                threads.emplace_back(
                    [](mpsc::Sender<Value> to, unsigned producer, int values) {
                        for (int n = 0; n < values; ++n) {
                            static_cast<void>(to.blocking_send(make(producer, n)));
                        }
                    },
                    sender, kProducers + i, count);
            }
            {
                const auto dropped = std::move(sender);
            }
            const Ledger ledger = runtime.block_on(consume(std::move(receiver)));
            for (std::thread& thread : threads) {
                thread.join();
            }
            ledger.check(kProducers + kThreads, count);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_length_is_never_more_than_there_is_room_for) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(8).build();
    auto [sender, receiver] = mpsc::channel<Value>(7);
    const int count = scaled(2000);
    for (unsigned i = 0; i < kProducers; ++i) {
        runtime.spawn(produce(sender, i, count)).detach();
    }
    {
        const auto dropped = std::move(sender);
    }
    const bool right = runtime.block_on([](mpsc::Receiver<Value> from) -> edo::Task<bool> {
        bool fits = true;
        for (;;) {
            fits = fits && from.len() <= 7;
            const auto value = co_await from.recv();
            if (!value) {
                break;
            }
            fits = fits && from.len() <= 7;  // also just after a place was given back
        }
        co_return fits&& from.is_empty();
    }(std::move(receiver)));
    BOOST_TEST(right);
}

BOOST_AUTO_TEST_CASE(an_unbounded_channel_keeps_every_value_once_and_in_order) {
    BOOST_TEST_MESSAGE("EDO_STRESS_SEED=" << channel_seed());
    BOOST_TEST_CONTEXT("EDO_STRESS_SEED=" << channel_seed()) {
        const edo::test::LeakGuard guard;
        const int count = scaled(20000);
        edo::Runtime runtime = edo::Builder::multi_thread(8).build();
        auto [sender, receiver] = mpsc::unbounded_channel<Value>();
        for (unsigned i = 0; i < kProducers; ++i) {
            runtime.spawn(produce_unbounded(sender, i, count)).detach();
        }
        {
            const auto dropped = std::move(sender);
        }
        const Ledger ledger = runtime.block_on(consume(std::move(receiver)));
        ledger.check(kProducers, count);
    }
}

BOOST_AUTO_TEST_CASE(ends_that_go_at_any_moment_leave_nothing_behind) {
    BOOST_TEST_MESSAGE("EDO_STRESS_SEED=" << channel_seed());
    BOOST_TEST_CONTEXT("EDO_STRESS_SEED=" << channel_seed()) {
        const edo::test::LeakGuard guard;
        edo::Runtime runtime = edo::Builder::multi_thread(8).build();
        edo::detail::Random random = channel_random(7);
        const auto send_until_closed = [](mpsc::Sender<Value> to) -> Task<void> {
            for (int i = 0;; ++i) {
                const auto sent = co_await to.send(make(0, i));
                if (!sent) {
                    must(sent.error().value->second == i);
                    co_return;
                }
            }
        };
        const auto receive_some = [](mpsc::Receiver<Value> from, std::uint32_t some,
                                     bool drain) -> Task<void> {
            for (std::uint32_t i = 0; i < some; ++i) {
                const auto value = co_await from.recv();
                must(value.has_value());
            }
            if (drain) {
                from.close();
                while (const auto value = co_await from.recv()) {
                }
                must(from.is_empty());
            }
        };
        for (int round = 0; round < scaled(1000); ++round) {
            auto [sender, receiver] = mpsc::channel<Value>(1 + random.below(4));
            std::vector<edo::JoinHandle<void>> tasks;
            for (unsigned i = 0; i < 4; ++i) {
                tasks.push_back(runtime.spawn(send_until_closed(sender)));
            }
            {
                const auto dropped = std::move(sender);
            }
            tasks.push_back(runtime.spawn(
                receive_some(std::move(receiver), random.below(60), random.below(2) == 0)));
            if (random.below(4) == 0) {
                tasks[random.below(4)].abort();
            }
            runtime.block_on([](std::vector<edo::JoinHandle<void>> handles) -> Task<void> {
                for (edo::JoinHandle<void>& handle : handles) {
                    const auto joined = co_await handle;
                    must(joined.has_value() || joined.error().is_cancelled());
                }
            }(std::move(tasks)));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
