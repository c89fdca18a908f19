// SPDX-License-Identifier: MIT
// Branches of one task that are always ready share its budget: none of them starves another.
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/coop.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/write.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

using edo::test::for_each_flavor;
using edo::test::SteppedTask;

namespace {

constexpr std::size_t kTurns = 40;

edo::Task<void> consumes(std::size_t& count) {
    for (;;) {
        co_await edo::consume_budget();
        ++count;
    }
}

edo::Task<void> notifies_itself(std::size_t& count) {
    edo::sync::Notify notify;
    for (;;) {
        notify.notify_one();
        co_await notify.notified();
        ++count;
    }
}

edo::Task<void> locks(std::size_t& count) {
    edo::sync::Mutex<int> mutex(0);
    for (;;) {
        auto guard = co_await mutex.lock();
        *guard += 1;
        ++count;
    }
}

edo::Task<void> sends_to_itself(std::size_t& count) {
    auto [sender, receiver] = edo::sync::mpsc::channel<int>(1);
    for (;;) {
        static_cast<void>(sender.try_send(1));
        static_cast<void>(co_await receiver.recv());
        ++count;
    }
}

edo::Task<void> reads_what_it_writes(std::size_t& count) {
    auto [here, there] = edo::io::duplex(16);
    std::array<std::byte, 16> buffer{};
    for (;;) {
        static_cast<void>(co_await edo::io::write_all(here, "x"));
        static_cast<void>(co_await there.read(std::span(buffer)));
        ++count;
    }
}

using Busy = edo::Task<void> (*)(std::size_t&);

struct Named {
    std::string name;
    Busy run;
};

const std::vector<Named>& all_busy() {
    static const std::vector<Named> all{{"consume_budget", consumes},
                                        {"Notify", notifies_itself},
                                        {"Mutex", locks},
                                        {"mpsc", sends_to_itself},
                                        {"duplex", reads_what_it_writes}};
    return all;
}

edo::Task<void> joined(Busy one, Busy other, std::size_t& first, std::size_t& second) {
    co_await edo::join(one(first), other(second));
}

edo::Task<void> selected(Busy one, Busy other, std::size_t& first, std::size_t& second) {
    static_cast<void>(co_await edo::select(one(first), other(second)));
}

using Together = edo::Task<void> (*)(Busy, Busy, std::size_t&, std::size_t&);

/// Lets them run for some turns of their task: each gets a share that is worth the name.
void check_share(Together together) {
    for (const Named& one : all_busy()) {
        for (const Named& other : all_busy()) {
            BOOST_TEST_CONTEXT(one.name << " beside " << other.name) {
                std::size_t first = 0;
                std::size_t second = 0;
                SteppedTask<void> task(together(one.run, other.run, first, second));
                for (std::size_t i = 0; i < kTurns; ++i) {
                    task.turn();
                }
                BOOST_TEST(!task.is_finished());
                BOOST_TEST(first >= second / 4);
                BOOST_TEST(second >= first / 4);
                BOOST_TEST(first + second >= kTurns * 128 / 3);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE(branch_budget)

BOOST_AUTO_TEST_CASE(busy_branches_of_a_join_share_its_turns) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            check_share(joined);
            co_return;
        });
    });
}

BOOST_AUTO_TEST_CASE(busy_branches_of_a_select_share_its_turns) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            check_share(selected);
            co_return;
        });
    });
}

BOOST_AUTO_TEST_CASE(three_busy_branches_get_a_third_each) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::array<std::size_t, 3> counts{};
            auto three = [](std::array<std::size_t, 3>& all) -> edo::Task<void> {
                co_await edo::join(consumes(all[0]), consumes(all[1]), consumes(all[2]));
            };
            SteppedTask<void> task(three(counts));
            for (std::size_t i = 0; i < kTurns; ++i) {
                task.turn();
            }
            for (const std::size_t count : counts) {
                BOOST_TEST(count >= kTurns * 128 / 4);
            }
            co_return;
        });
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
