// SPDX-License-Identifier: MIT
#include "edo/runtime/blocking/blocking_pool.hpp"

#include "edo/runtime/core/context.hpp"

#include <pthread.h>
#include <thread>
#include <utility>
#include <vector>

namespace edo::detail {

void BlockingJob::run() noexcept {
    if (stop_.stop_requested()) {
        cancel();
        return;
    }
    Context& c = context();
    c.scope = values_ != nullptr ? &values_->scope() : nullptr;
    const Outcome outcome = call();
    c.scope = nullptr;
    values_.reset();
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

struct BlockingPool::State {
    explicit State(Settings given) : settings(std::move(given)) {}

    const Settings settings;
    std::weak_ptr<void> owner;
    std::mutex lock;
    std::condition_variable work;   // for idle threads
    std::condition_variable ended;  // for `shut_down`
    // All guarded by `lock`.
    BlockingJob* head = nullptr;
    BlockingJob* tail = nullptr;
    std::vector<BlockingJob*> running;
    std::size_t threads = 0;  // that take jobs
    std::size_t leaving = 0;  // that take none any more, but have not ended
    std::size_t idle = 0;
    std::size_t wakes = 0;     // idle threads that were notified and have not taken a job yet
    std::size_t starting = 0;  // threads that were started and have not taken a job yet
    bool stopping = false;

    /// What is to be done about a job that was queued, or is about to be.
    enum class Help : std::uint8_t { None, Notify };
    Help call_help(const std::shared_ptr<State>& self, Turn turn);
    void take_all(const std::shared_ptr<State>& self, std::unique_lock<std::mutex>& guard) noexcept;

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
    bool wait_for_work(std::unique_lock<std::mutex>& guard);
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
    std::unique_lock guard(s.lock);
    --s.starting;
    do {
        s.take_all(self, guard);
    } while (s.wait_for_work(guard));
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
void BlockingPool::State::take_all(const std::shared_ptr<State>& self,
                                   std::unique_lock<std::mutex>& guard) noexcept {
    BlockingJob* previous = nullptr;
    for (;;) {
        BlockingJob* const job = pop();
        if (job == nullptr) {
            if (previous == nullptr) {
                return;
            }
            guard.unlock();
            std::exchange(previous, nullptr)->release_reference();
            guard.lock();
            continue;
        }
        running.push_back(job);  // room was reserved by `call_help`
        job->add_reference();    // so that `shut_down` may ask it to stop
        Help help = Help::None;
        if (head != nullptr) {  // this job may take long: somebody else for the next
            try {
                help = call_help(self, Turn::InOrder);
            } catch (...) {  // a thread gets to it when it is done with its own job
            }
        }
        guard.unlock();
        if (help == Help::Notify) {
            work.notify_one();
        }
        if (previous != nullptr) {
            previous->release_reference();
        }
        job->run();
        if (settings.on_job_ended) {
            settings.on_job_ended();
        }
        guard.lock();
        std::erase(running, job);
        previous = job;
    }
}

/// Sees to it that a thread comes for the first job of the queue, unless one is on its way: that
/// one calls the next, so a burst of short jobs needs few threads, and a job that takes long delays
/// no other. Under the lock; a notification is left to the caller, for when it has let go of it.
/// @throws std::system_error, std::bad_alloc if no thread can be started.
BlockingPool::State::Help BlockingPool::State::call_help(const std::shared_ptr<State>& self,
                                                         Turn turn) {
    if (turn == Turn::InOrder && wakes + starting > 0) {
        return Help::None;
    }
    if (idle > wakes) {
        ++wakes;
        return Help::Notify;
    }
    if (threads < settings.max_threads || turn == Turn::AtOnce) {
        running.reserve(threads + 1);
        std::thread([state = self, keeper = owner.lock()]() mutable {
            State::thread_main(state, std::move(keeper));
        }).detach();
        ++threads;
        ++starting;
    }
    return Help::None;
}

bool BlockingPool::State::wait_for_work(std::unique_lock<std::mutex>& guard) {
    ++idle;
    const bool woken =
        work.wait_for(guard, settings.keep_alive, [this] { return wakes > 0 || stopping; });
    --idle;
    if (woken && wakes > 0) {
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
    std::unique_lock guard(s.lock);
    if (s.stopping) {
        guard.unlock();
        job.cancel();
        return;
    }
    State::Help help = State::Help::None;
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
    if (help == State::Help::Notify) {
        s.work.notify_one();
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
    std::unique_lock guard(s.lock);
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
    s.work.notify_all();
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
