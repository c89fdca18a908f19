// SPDX-License-Identifier: MIT
// The lock that its owner takes without a locked instruction still excludes everybody else.
#include "stress/stress.hpp"
#include <edo/runtime/scheduler/biased_lock.hpp>

#include <array>
#include <atomic>

using edo::detail::BiasedLock;
using edo::test::random_of;
using edo::test::rounds;
using edo::test::StressGuard;

namespace {

/// What the lock guards: two numbers that are the same whenever nobody holds it.
struct Guarded {
    BiasedLock lock;
    long first = 0;
    long second = 0;

    void add(bool as_owner, bool& torn) {
        const bool biased = as_owner && lock.try_lock_biased();
        if (!biased) {
            as_owner ? lock.lock_shared() : lock.lock();
        }
        torn = torn || first != second;
        ++first;
        std::atomic_signal_fence(std::memory_order_seq_cst);
        ++second;
        biased ? lock.unlock_biased() : lock.unlock();
    }
};

BOOST_AUTO_TEST_SUITE(biased_lock)

BOOST_AUTO_TEST_CASE(excludes_others_while_it_is_biased_and_shared_in_turns) {
    const StressGuard guard("biased_lock");
    Guarded guarded;
    std::atomic<bool> over{false};
    std::array<bool, 3> torn{};
    std::array<long, 3> added{};
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < torn.size(); ++i) {
        others.emplace_back([&, i] {
            auto random = random_of(i);
            while (!over.load(std::memory_order_relaxed)) {
                guarded.add(false, torn[i]);
                ++added[i];
                // Mostly pauses that are long enough for the owner to get its bias back.
                for (unsigned pause = random.below(4) == 0 ? 0 : random.below(200); pause > 0;
                     --pause) {
                    std::this_thread::yield();
                }
            }
        });
    }
    for (int i = 0; i < rounds(3'000'000); ++i) {
        guarded.add(true, torn[0]);
        ++added[0];
    }
    over.store(true);
    for (std::thread& other : others) {
        other.join();
    }
    BOOST_TEST(!torn[0]);
    BOOST_TEST(!torn[1]);
    BOOST_TEST(!torn[2]);
    BOOST_TEST(guarded.first == added[0] + added[1] + added[2]);
    BOOST_TEST(guarded.second == guarded.first);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
