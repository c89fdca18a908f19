// SPDX-License-Identifier: MIT
#include "edo/runtime/blocking/detached_pool.hpp"

#include <csignal>
#include <pthread.h>

namespace edo::detail {

namespace {

/// Blocks all signals of this thread for a scope. Threads started in it inherit that, so that no
/// handler of the program ever runs on them, not even at their first instruction.
class SignalBlock {
public:
    SignalBlock() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalBlock(const SignalBlock&) = delete;
    SignalBlock& operator=(const SignalBlock&) = delete;

private:
    sigset_t before_{};
};

BlockingPool::Settings settings_for(std::size_t max_threads) {
    BlockingPool::Settings settings;
    settings.max_threads = max_threads;
    settings.on_thread_start = [] { pthread_setname_np(pthread_self(), "edo-detached"); };
    return settings;
}

}  // namespace

DetachedPool::DetachedPool(std::size_t max_threads) : threads_(settings_for(max_threads)) {}

DetachedPool& DetachedPool::shared() {
    static auto* const pool = new DetachedPool(kSharedThreads);  // never destroyed
    return *pool;
}

void DetachedPool::submit(BlockingJob& job) {
    const SignalBlock block;
    threads_.submit(job);
}

}  // namespace edo::detail
