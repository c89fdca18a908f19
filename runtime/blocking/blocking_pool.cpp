// SPDX-License-Identifier: MIT
#include "edo/runtime/blocking/blocking_pool.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/core/thread_signal.hpp"
#include "edo/runtime/sync/small_mutex.hpp"

#include <algorithm>
#include <pthread.h>
#include <thread>
#include <utility>
#include <vector>

namespace edo::detail {

void BlockingJob::run(std::atomic<unsigned>& finishing) noexcept {
    if (stop_.stop_requested()) {
        finishing.fetch_add(1, std::memory_order_relaxed);
        cancel();
        return;
    }
    Context& c = context();
    c.scope = values_ != nullptr ? &values_->scope() : nullptr;
    const Outcome outcome = call();
    c.scope = nullptr;
    values_.reset();
    finishing.fetch_add(1, std::memory_order_relaxed);  // who sees the outcome sees this
    publish(outcome);
}

void BlockingJob::cancel() noexcept {
    drop_function();
    values_.reset();
    publish(Outcome::Cancelled);
}

void BlockingJob::abort() noexcept {
    stop_.request_stop();
}

namespace {

constexpr std::chrono::milliseconds kForEver = std::chrono::hours(24) * 365;

/// A thread without a job.
struct IdleThread {
    IdleThread() = default;
    ThreadSignal signal;
    IdleThread* next = nullptr;  // one that has been idle for longer
    bool called = false;         // for a job, and counted in `wakes`
};

}  // namespace

struct BlockingPool::State {
    using Guard = std::unique_lock<SmallMutex>;

    explicit State(Settings given) : settings(std::move(given)) {}

    const Settings settings;
    std::weak_ptr<void> owner;
    // Threads that have published a result, and are neither idle nor at another job yet. A hint.
    std::atomic<unsigned> finishing{0};
    SmallMutex lock;
    std::condition_variable_any ended;  // for `shut_down`
    // All guarded by `lock`.
    IdleThread* idle_threads = nullptr;  // that nobody has called; the last one that ran a job
    BlockingJob* head = nullptr;
    BlockingJob* tail = nullptr;
    std::vector<BlockingJob*> running;
    std::size_t threads = 0;  // that take jobs
    std::size_t leaving = 0;  // that take none any more, but have not ended
    std::size_t idle = 0;
    std::size_t wakes = 0;     // idle threads that were notified and have not taken a job yet
    std::size_t starting = 0;  // threads that were started and have not taken a job yet
    bool stopping = false;

    [[nodiscard]] IdleThread* call_help(const std::shared_ptr<State>& self, Turn turn);
    void wait_for_finishing(Guard& guard) noexcept;
    void take_all(const std::shared_ptr<State>& self, Guard& guard) noexcept;

    void push_back(BlockingJob& job) noexcept {
        job.next = nullptr;
        (tail != nullptr ? tail->next : head) = &job;
        tail = &job;
    }
    void push_front(BlockingJob& job) noexcept {
        job.next = head;
        head = &job;
        tail = tail != nullptr ? tail : &job;
    }
    BlockingJob* pop() noexcept {
        BlockingJob* const job = head;
        if (job != nullptr) {
            head = job->next;
            if (head == nullptr) {
                tail = nullptr;
            }
        }
        return job;
    }

    static void thread_main(const std::shared_ptr<State>& self,
                            std::shared_ptr<void> owner) noexcept;
    bool wait_for_work(Guard& guard, ShortWait& short_wait) noexcept;
};

namespace {
/// The pool that the calling thread belongs to.
thread_local const void* tls_pool = nullptr;
}  // namespace

/// One thread: runs jobs until it has been idle for `keep_alive`, or the pool stops.
void BlockingPool::State::thread_main(const std::shared_ptr<State>& self,
                                      std::shared_ptr<void> owner) noexcept {
    pthread_setname_np(pthread_self(), "edo-blocking");
    State& s = *self;
    tls_pool = &s;
    if (s.settings.on_thread_start) {
        s.settings.on_thread_start();
    }
    ShortWait short_wait(ShortWait::best_here());
    Guard guard(s.lock);
    --s.starting;
    do {
        s.take_all(self, guard);
    } while (s.wait_for_work(guard, short_wait));
    --s.threads;  // under the same lock: `submit` must not count on a thread that leaves
    ++s.leaving;
    guard.unlock();
    if (s.settings.on_thread_stop) {
        s.settings.on_thread_stop();
    }
    owner.reset();  // so that whoever waits for the thread destroys the owner, not the thread
    guard.lock();
    --s.leaving;
    s.ended.notify_all();
}

/// Runs jobs until there is none. Takes the lock once between two jobs, and destroys none under it.
void BlockingPool::State::take_all(const std::shared_ptr<State>& self, Guard& guard) noexcept {
    BlockingJob* previous = nullptr;
    bool counts_as_finishing = false;
    for (;;) {
        BlockingJob* const job = pop();
        if (counts_as_finishing && (job != nullptr || previous == nullptr)) {
            counts_as_finishing = false;
            finishing.fetch_sub(1, std::memory_order_relaxed);
        }
        if (job == nullptr) {
            if (previous == nullptr) {
                return;  // the caller makes it idle before it lets go of the lock
            }
            guard.unlock();
            std::exchange(previous, nullptr)->release_reference();
            guard.lock();
            continue;
        }
        running.push_back(job);  // room was reserved by `call_help`
        job->add_reference();    // so that `shut_down` may ask it to stop
        IdleThread* help = nullptr;
        if (head != nullptr) {  // this job may take long: somebody else for the next
            try {
                help = call_help(self, Turn::InOrder);
            } catch (...) {  // a thread gets to it when it is done with its own job
            }
        }
        guard.unlock();
        if (help != nullptr) {
            help->signal.set();
        }
        if (previous != nullptr) {
            previous->release_reference();
        }
        job->run(finishing);
        if (settings.on_job_ended) {
            settings.on_job_ended();
        }
        guard.lock();
        std::erase(running, job);
        counts_as_finishing = true;
        previous = job;
    }
}

/// Sees to it that a thread comes for the first job of the queue, unless one is on its way: that
/// one calls the next, so a burst of short jobs needs few threads, and a job that takes long delays
/// no other. Under the lock; the caller sets the signal of the idle thread that it returns, if any,
/// when it has let go of it. The last one that ran a job may still be looking on.
/// @throws std::system_error, std::bad_alloc if no thread can be started.
IdleThread* BlockingPool::State::call_help(const std::shared_ptr<State>& self, Turn turn) {
    if (turn == Turn::InOrder && wakes + starting > 0) {
        return nullptr;
    }
    if (idle_threads != nullptr) {
        IdleThread* const thread = idle_threads;
        idle_threads = thread->next;
        thread->called = true;
        ++wakes;
        return thread;
    }
    if (threads < settings.max_threads || turn == Turn::AtOnce) {
        running.reserve(threads + 1);
        std::thread([state = self, keeper = owner.lock()]() mutable {
            State::thread_main(state, std::move(keeper));
        }).detach();
        ++threads;
        ++starting;
    }
    return nullptr;
}

/// Whoever awaits one job after the other submits the next one while the thread is not idle yet. It
/// is worth a moment to leave that one to it, in place of another thread, which sleeps.
void BlockingPool::State::wait_for_finishing(Guard& guard) noexcept {
    constexpr unsigned kRounds = 64;
    if (head != nullptr || finishing.load(std::memory_order_relaxed) == 0) {
        return;
    }
    guard.unlock();
    for (unsigned i = 0; i < kRounds && finishing.load(std::memory_order_relaxed) != 0; ++i) {
        cpu_relax();
    }
    guard.lock();
}

/// False when the thread is to end.
bool BlockingPool::State::wait_for_work(Guard& guard, ShortWait& short_wait) noexcept {
    if (stopping) {
        return head != nullptr;
    }
    IdleThread self;
    self.next = std::exchange(idle_threads, &self);
    ++idle;
    guard.unlock();
    // Nothing overflows, however long that is.
    const auto kept = std::min<std::chrono::milliseconds>(settings.keep_alive, kForEver);
    const bool woken = self.signal.wait(short_wait, std::chrono::steady_clock::now() + kept);
    guard.lock();
    IdleThread** link = &idle_threads;
    while (*link != nullptr && *link != &self) {
        link = &(*link)->next;
    }
    if (*link == &self) {
        *link = self.next;  // its time is over
    } else if (!woken) {
        // Somebody has just called it, and is about to set the signal.
        guard.unlock();
        self.signal.wait(short_wait);
        guard.lock();
    }
    --idle;
    if (self.called) {
        --wakes;
        return true;
    }
    return head != nullptr;
}

BlockingPool::BlockingPool(Settings settings)
    : state_(std::make_shared<State>(std::move(settings))) {}

BlockingPool::~BlockingPool() {
    shut_down(std::chrono::steady_clock::time_point::min());
}

void BlockingPool::set_owner(std::weak_ptr<void> owner) noexcept {
    state_->owner = std::move(owner);
}

void BlockingPool::submit(BlockingJob& job, Turn turn) {
    State& s = *state_;
    State::Guard guard(s.lock);
    s.wait_for_finishing(guard);
    if (s.stopping) {
        guard.unlock();
        job.cancel();
        return;
    }
    IdleThread* help = nullptr;
    try {
        help = s.call_help(state_, turn);
    } catch (...) {
        if (s.threads == 0) {
            throw;
        }
        // An existing thread gets to the job when it is done with its own.
    }
    if (s.settings.on_job_queued) {
        s.settings.on_job_queued();
    }
    if (turn == Turn::AtOnce) {
        s.push_front(job);
    } else {
        s.push_back(job);
    }
    guard.unlock();
    if (help != nullptr) {
        help->signal.set();
    }
}

BlockingPool::Figures BlockingPool::figures() const noexcept {
    const State& s = *state_;
    const std::lock_guard guard(state_->lock);
    Figures now;
    now.threads = s.threads;
    now.idle = s.idle;
    for (const BlockingJob* job = s.head; job != nullptr; job = job->next) {
        ++now.queued;
    }
    return now;
}

bool BlockingPool::shut_down(
    std::optional<std::chrono::steady_clock::time_point> deadline) noexcept {
    State& s = *state_;
    State::Guard guard(s.lock);
    s.stopping = true;
    while (BlockingJob* const job = s.pop()) {
        guard.unlock();
        job->cancel();
        guard.lock();
    }
    // Nothing starts any more. The others are asked without the lock: stop callbacks are the
    // user's.
    const std::vector<BlockingJob*> running = std::move(s.running);
    s.running.clear();
    for (BlockingJob* const job : running) {
        job->add_reference();
    }
    while (IdleThread* const thread = s.idle_threads) {
        s.idle_threads = thread->next;
        thread->signal.set();
    }
    guard.unlock();
    for (BlockingJob* const job : running) {
        job->abort();
        job->release_reference();
    }
    guard.lock();
    // A thread of the pool that ends the runtime cannot wait for itself.
    const std::size_t own = tls_pool == &s ? 1 : 0;
    const auto all_ended = [&s, own] { return s.threads + s.leaving == own; };
    if (!deadline) {
        s.ended.wait(guard, all_ended);
        return true;
    }
    return s.ended.wait_until(guard, *deadline, all_ended);
}

}  // namespace edo::detail
