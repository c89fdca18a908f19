// SPDX-License-Identifier: MIT
#include <edo/runtime/core/frame_pool.hpp>
#include <edo/runtime/core/sanitizers.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <latch>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

using edo::detail::allocate_frame;
using edo::detail::free_frame;
using edo::detail::kSanitized;
using edo::detail::live_frames;

namespace {

BOOST_AUTO_TEST_SUITE(frame_pool)

BOOST_AUTO_TEST_CASE(gives_memory_of_any_size_aligned_and_writable) {
    const std::int64_t before = live_frames();
    std::vector<std::pair<void*, std::size_t>> blocks;
    for (std::size_t size = 1; size <= 3000; size += 7) {
        void* const block = allocate_frame(size);
        BOOST_TEST_REQUIRE(
            (reinterpret_cast<std::uintptr_t>(block) % __STDCPP_DEFAULT_NEW_ALIGNMENT__) == 0U);
        std::memset(block, int(size % 256), size);
        blocks.emplace_back(block, size);
    }
    BOOST_TEST(live_frames() == before + std::int64_t(blocks.size()));
    for (const auto& [block, size] : blocks) {
        const auto* const bytes = static_cast<const unsigned char*>(block);
        BOOST_TEST_REQUIRE(bytes[0] == size % 256);
        BOOST_TEST_REQUIRE(bytes[size - 1] == size % 256);
        free_frame(block, size);
    }
    BOOST_TEST(live_frames() == before);
}

BOOST_AUTO_TEST_CASE(gives_a_freed_block_again_unless_a_sanitizer_looks_for_its_use) {
    void* const first = allocate_frame(100);
    free_frame(first, 100);
    void* const second = allocate_frame(100);
    if (!kSanitized) {
        BOOST_TEST(second == first);
    }
    void* const third = allocate_frame(100);
    BOOST_TEST(third != second);
    free_frame(second, 100);
    free_frame(third, 100);
}

BOOST_AUTO_TEST_CASE(takes_blocks_back_on_any_thread) {
    const std::int64_t before = live_frames();
    std::vector<void*> blocks;
    std::jthread([&blocks] {
        for (int i = 0; i < 1000; ++i) {
            blocks.push_back(allocate_frame(64));
        }
    }).join();
    BOOST_TEST(live_frames() == before + 1000);  // although their thread has ended
    std::jthread([&blocks] {
        for (int i = 0; i < 500; ++i) {
            free_frame(blocks.back(), 64);
            blocks.pop_back();
        }
    }).join();
    BOOST_TEST(live_frames() == before + 500);
    for (void* const block : blocks) {
        free_frame(block, 64);
    }
    BOOST_TEST(live_frames() == before);
}

BOOST_AUTO_TEST_CASE(serves_threads_that_pass_blocks_to_each_other) {
    constexpr int kThreads = 4;
    constexpr int kRounds = 5000;
    const std::int64_t before = live_frames();
    std::mutex lock;
    std::vector<std::pair<void*, std::size_t>> shared;
    {
        std::latch start(kThreads);
        std::vector<std::jthread> threads;
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                start.arrive_and_wait();
                for (int i = 0; i < kRounds; ++i) {
                    const std::size_t size = 16 + std::size_t(i * (t + 3)) % 1200;
                    void* const block = allocate_frame(size);
                    std::memset(block, t, size);
                    std::pair<void*, std::size_t> other(block, size);
                    const std::lock_guard guard(lock);
                    if (shared.size() < 64) {
                        shared.push_back(other);
                        continue;
                    }
                    std::swap(other, shared[std::size_t(i) % shared.size()]);
                    free_frame(other.first, other.second);
                }
            });
        }
    }
    BOOST_TEST(live_frames() == before + std::int64_t(shared.size()));
    for (const auto& [block, size] : shared) {
        free_frame(block, size);
    }
    BOOST_TEST(live_frames() == before);
}

BOOST_AUTO_TEST_CASE(works_while_thread_local_objects_are_destroyed) {
    struct Late {
        Late() = default;
        Late(const Late&) = delete;
        Late& operator=(const Late&) = delete;
        ~Late() {
            free_frame(block, 200);
            void* const again = allocate_frame(200);
            free_frame(again, 200);
        }
        void* block = nullptr;
    };
    const std::int64_t before = live_frames();
    std::jthread([] {
        // Constructed before the pool's own thread-local state, hence destroyed after it.
        thread_local Late late;
        late.block = allocate_frame(200);
    }).join();
    BOOST_TEST(live_frames() == before);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
