// SPDX-License-Identifier: MIT
#include <edo/runtime/core/frame_depot.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace depot = edo::detail::frame_depot;
using edo::detail::FreeBlock;
using edo::detail::size_of_class;

namespace {

struct Chain {
    FreeBlock* first = nullptr;
    std::uint32_t count = 0;
};

Chain fetch(std::size_t size_class) {
    Chain chain;
    chain.first = depot::fetch(size_class, chain.count);
    return chain;
}

std::vector<FreeBlock*> blocks_of(const Chain& chain) {
    std::vector<FreeBlock*> blocks;
    for (FreeBlock* block = chain.first; block != nullptr; block = block->next) {
        blocks.push_back(block);
    }
    BOOST_TEST(blocks.size() == chain.count);
    return blocks;
}

BOOST_AUTO_TEST_SUITE(frame_depot)

BOOST_AUTO_TEST_CASE(gives_blocks_that_do_not_overlap) {
    const std::int64_t before = depot::fetched();
    for (std::size_t size_class = 1; size_class < depot::kClasses; ++size_class) {
        const std::size_t bytes = size_of_class(size_class);
        std::set<FreeBlock*> all;
        while (all.size() < 200) {
            const Chain chain = fetch(size_class);
            BOOST_TEST_REQUIRE(chain.count > 0);
            BOOST_TEST_REQUIRE(chain.count <= depot::batch_of(size_class));
            for (FreeBlock* const block : blocks_of(chain)) {
                BOOST_TEST_REQUIRE(all.insert(block).second);
                BOOST_TEST_REQUIRE(reinterpret_cast<std::uintptr_t>(block) % 16 == 0);
            }
        }
        const std::byte* end = nullptr;
        for (FreeBlock* const block : all) {
            const auto* const begin = reinterpret_cast<const std::byte*>(block);
            BOOST_TEST_REQUIRE(begin >= end);
            end = begin + bytes;
        }
        for (FreeBlock* const block : all) {
            std::memset(static_cast<void*>(block), 0xAB, bytes);
            block->next = nullptr;
            depot::give_back(block, size_class);
        }
    }
    BOOST_TEST(depot::fetched() == before);
}

BOOST_AUTO_TEST_CASE(gives_batches_again_as_they_came) {
    constexpr std::size_t kClass = 7;
    Chain chain;
    do {  // until a new slab gives a whole batch
        chain = fetch(kClass);
        if (chain.count < depot::batch_of(kClass)) {
            depot::give_back(chain.first, kClass);
        }
    } while (chain.count < depot::batch_of(kClass));
    const std::vector<FreeBlock*> blocks = blocks_of(chain);
    depot::give_back_batch(*chain.first, kClass);
    const Chain again = fetch(kClass);
    const std::vector<FreeBlock*> blocks_again = blocks_of(again);
    BOOST_TEST(blocks_again == blocks, boost::test_tools::per_element());
    depot::give_back(again.first, kClass);
}

BOOST_AUTO_TEST_CASE(takes_more_than_it_keeps_as_batches) {
    constexpr std::size_t kClass = 60;
    const std::int64_t before = depot::fetched();
    std::vector<Chain> chains;
    for (int i = 0; i < 1000; ++i) {
        chains.push_back(fetch(kClass));
    }
    BOOST_TEST(depot::fetched() > before);
    for (const Chain& chain : chains) {
        if (chain.count == depot::batch_of(kClass)) {
            depot::give_back_batch(*chain.first, kClass);
        } else {
            depot::give_back(chain.first, kClass);
        }
    }
    BOOST_TEST(depot::fetched() == before);
    depot::give_back(nullptr, kClass);
    BOOST_TEST(depot::fetched() == before);
}

BOOST_AUTO_TEST_CASE(serves_threads_at_the_same_time) {
    constexpr std::size_t kClass = 3;
    constexpr int kRounds = 3000;
    const std::int64_t before = depot::fetched();
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([t] {
                std::vector<Chain> held;
                for (int i = 0; i < kRounds; ++i) {
                    held.push_back(fetch(kClass));
                    for (FreeBlock* block = held.back().first; block != nullptr;
                         block = block->next) {
                        std::memset(block + 1, t, size_of_class(kClass) - sizeof(FreeBlock));
                    }
                    if (i % 3 == 2 || i == kRounds - 1) {
                        for (const Chain& chain : held) {
                            depot::give_back(chain.first, kClass);
                        }
                        held.clear();
                    }
                }
            });
        }
    }
    BOOST_TEST(depot::fetched() == before);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
