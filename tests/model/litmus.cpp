// SPDX-License-Identifier: MIT
// The checker itself: small programs whose outcomes under the C++20 memory model are known. Each
// yields a number made of what its threads read; exactly the allowed ones must occur.
#include "checker/model.hpp"

#include <atomic>

namespace edo::model {
namespace {

using std::memory_order;
using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

consteval std::uint64_t outcomes(auto... outcome) {
    return (... | (std::uint64_t{1} << unsigned(outcome)));
}

using Atomic = std::atomic<unsigned>;

/// Reads: y by the first, x by the second.
template <memory_order Store, memory_order Load>
unsigned store_buffering() {
    Atomic x{0};
    Atomic y{0};
    unsigned a = 0;
    unsigned b = 0;
    run_threads(
        [&] {
            x.store(1, Store);
            a = y.load(Load);
        },
        [&] {
            y.store(1, Store);
            b = x.load(Load);
        });
    return a * 2 + b;
}

template <memory_order Fence>
unsigned store_buffering_with_fences() {
    Atomic x{0};
    Atomic y{0};
    unsigned a = 0;
    unsigned b = 0;
    run_threads(
        [&] {
            x.store(1, memory_order_relaxed);
            std::atomic_thread_fence(Fence);
            a = y.load(memory_order_relaxed);
        },
        [&] {
            y.store(1, memory_order_relaxed);
            std::atomic_thread_fence(Fence);
            b = x.load(memory_order_relaxed);
        });
    return a * 2 + b;
}

template <memory_order Store, memory_order Load>
unsigned message_passing() {
    Atomic data{0};
    Atomic flag{0};
    unsigned a = 0;
    unsigned b = 0;
    run_threads(
        [&] {
            data.store(1, memory_order_relaxed);
            flag.store(1, Store);
        },
        [&] {
            a = flag.load(Load);
            b = data.load(memory_order_relaxed);
        });
    return a * 2 + b;
}

unsigned message_passing_with_fences() {
    Atomic data{0};
    Atomic flag{0};
    unsigned a = 0;
    unsigned b = 0;
    run_threads(
        [&] {
            data.store(1, memory_order_relaxed);
            std::atomic_thread_fence(memory_order_release);
            flag.store(1, memory_order_relaxed);
        },
        [&] {
            a = flag.load(memory_order_relaxed);
            std::atomic_thread_fence(memory_order_acquire);
            b = data.load(memory_order_relaxed);
        });
    return a * 2 + b;
}

/// Allowed with relaxed orders, by C++ and by some processors, but not found: a limit.
unsigned load_buffering() {
    Atomic x{0};
    Atomic y{0};
    unsigned a = 0;
    unsigned b = 0;
    run_threads(
        [&] {
            a = y.load(memory_order_relaxed);
            x.store(1, memory_order_relaxed);
        },
        [&] {
            b = x.load(memory_order_relaxed);
            y.store(1, memory_order_relaxed);
        });
    return a * 2 + b;
}

/// 1 if the two readers disagree about which of two independent writes came first.
template <memory_order Store, memory_order Load>
unsigned independent_reads() {
    Atomic x{0};
    Atomic y{0};
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    run_threads([&] { x.store(1, Store); }, [&] { y.store(1, Store); },
                [&] {
                    a = x.load(Load);
                    b = y.load(Load);
                },
                [&] {
                    c = y.load(Load);
                    d = x.load(Load);
                });
    return a == 1 && b == 0 && c == 1 && d == 0 ? 1 : 0;
}

/// A relaxed update continues a release sequence; a relaxed store of another thread ends it.
template <bool Update>
unsigned release_sequence() {
    Atomic data{0};
    Atomic flag{0};
    unsigned a = 0;
    unsigned b = 0;
    run_threads(
        [&] {
            data.store(1, memory_order_relaxed);
            flag.store(1, memory_order_release);
        },
        [&] {
            if (Update) {
                flag.fetch_add(2, memory_order_relaxed);
            } else if (flag.load(memory_order_relaxed) == 1) {
                flag.store(3, memory_order_relaxed);
            }
        },
        [&] {
            a = flag.load(memory_order_acquire);
            b = data.load(memory_order_relaxed);
        });
    return a == 3 ? 1 + b : 0;
}

/// One thread never sees a location go backwards.
unsigned coherence() {
    Atomic x{0};
    unsigned a = 0;
    unsigned b = 0;
    run_threads(
        [&] {
            x.store(1, memory_order_relaxed);
            x.store(2, memory_order_relaxed);
        },
        [&] {
            a = x.load(memory_order_relaxed);
            b = x.load(memory_order_relaxed);
        });
    return a * 3 + b;
}

unsigned write_to_read_causality() {
    Atomic x{0};
    Atomic y{0};
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    run_threads([&] { x.store(1, memory_order_relaxed); },
                [&] {
                    a = x.load(memory_order_relaxed);
                    y.store(1, memory_order_release);
                },
                [&] {
                    b = y.load(memory_order_acquire);
                    c = x.load(memory_order_relaxed);
                });
    return a == 1 && b == 1 ? 1 + c : 0;
}

unsigned two_additions() {
    Atomic x{0};
    const auto add = [&] { x.fetch_add(1, memory_order_relaxed); };
    run_threads(add, add);
    return x.load(memory_order_relaxed);
}

unsigned one_swap_wins() {
    Atomic x{0};
    unsigned wins = 0;
    std::atomic<unsigned> count{0};
    const auto swap = [&] {
        unsigned expected = 0;
        if (x.compare_exchange_strong(expected, 1, memory_order_relaxed)) {
            count.fetch_add(1, memory_order_relaxed);
        }
    };
    run_threads(swap, swap);
    wins = count.load(memory_order_relaxed);
    return wins;
}

/// A sequentially consistent load after a fence of another thread, and the other way round.
template <bool LoadIsTotal>
unsigned store_buffering_with_one_fence() {
    Atomic x{0};
    Atomic y{0};
    unsigned a = 0;
    unsigned b = 0;
    run_threads(
        [&] {
            x.store(1, memory_order_relaxed);
            std::atomic_thread_fence(memory_order_seq_cst);
            a = y.load(memory_order_relaxed);
        },
        [&] {
            y.store(1, LoadIsTotal ? memory_order_seq_cst : memory_order_release);
            b = x.load(LoadIsTotal ? memory_order_seq_cst : memory_order_acquire);
        });
    return a * 2 + b;
}

constexpr auto kRelaxed = memory_order_relaxed;

const Litmus kSb1("store_buffering_relaxed", &store_buffering<kRelaxed, kRelaxed>,
                  outcomes(0, 1, 2, 3));
const Litmus kSb2("store_buffering_release_acquire",
                  &store_buffering<memory_order_release, memory_order_acquire>,
                  outcomes(0, 1, 2, 3));
const Litmus kSb3("store_buffering_seq_cst",
                  &store_buffering<memory_order_seq_cst, memory_order_seq_cst>, outcomes(1, 2, 3));
const Litmus kSb4("store_buffering_seq_cst_fences",
                  &store_buffering_with_fences<memory_order_seq_cst>, outcomes(1, 2, 3));
const Litmus kSb5("store_buffering_acq_rel_fences",
                  &store_buffering_with_fences<memory_order_acq_rel>, outcomes(0, 1, 2, 3));
const Litmus kSb6("store_buffering_fence_against_seq_cst", &store_buffering_with_one_fence<true>,
                  outcomes(1, 2, 3));
const Litmus kSb7("store_buffering_fence_against_release", &store_buffering_with_one_fence<false>,
                  outcomes(0, 1, 2, 3));
const Litmus kMp1("message_passing_relaxed", &message_passing<kRelaxed, kRelaxed>,
                  outcomes(0, 1, 2, 3));
const Litmus kMp2("message_passing_release_only", &message_passing<memory_order_release, kRelaxed>,
                  outcomes(0, 1, 2, 3));
const Litmus kMp3("message_passing_acquire_only", &message_passing<kRelaxed, memory_order_acquire>,
                  outcomes(0, 1, 2, 3));
const Litmus kMp4("message_passing_release_acquire",
                  &message_passing<memory_order_release, memory_order_acquire>, outcomes(0, 1, 3));
const Litmus kMp5("message_passing_fences", &message_passing_with_fences, outcomes(0, 1, 3));
const Litmus kLb("load_buffering_is_not_found", &load_buffering, outcomes(0, 1, 2));
const Litmus kIriw1("independent_reads_acquire",
                    &independent_reads<memory_order_release, memory_order_acquire>, outcomes(0, 1));
const Litmus kIriw2("independent_reads_seq_cst",
                    &independent_reads<memory_order_seq_cst, memory_order_seq_cst>, outcomes(0));
const Litmus kRs1("release_sequence_of_an_update", &release_sequence<true>, outcomes(0, 2));
const Litmus kRs2("release_sequence_ends_at_a_store", &release_sequence<false>, outcomes(0, 1, 2));
const Litmus kCo("coherence_of_one_location", &coherence, outcomes(0, 1, 2, 4, 5, 8));
const Litmus kWrc("write_to_read_causality", &write_to_read_causality, outcomes(0, 2));
const Litmus kAdd("additions_are_not_lost", &two_additions, outcomes(2));
const Litmus kCas("one_of_two_swaps_wins", &one_swap_wins, outcomes(1));

}  // namespace
}  // namespace edo::model
