// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/scheduler.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/scheduler/available_cpus.hpp"
#include "edo/runtime/scheduler/call_hook.hpp"

#include <algorithm>
#include <cstdlib>
#include <pthread.h>
#include <string_view>
#include <sys/random.h>

namespace edo::detail {

namespace {

ReactorKind reactor_of_environment() noexcept {
    const char* const variable = std::getenv("EDO_REACTOR");
    const std::string_view name = variable != nullptr ? variable : "";
    if (name == "io_uring") {
        return ReactorKind::IoUring;
    }
    return name == "asio" ? ReactorKind::Asio : ReactorKind::Epoll;
}

std::shared_ptr<Reactor> make_reactor(const Options& options) {
    const ReactorKind kind = options.reactor ? *options.reactor : reactor_of_environment();
    if (kind == ReactorKind::Asio) {
        return make_asio_reactor();
    }
    if (kind == ReactorKind::IoUring && options.workers == 1) {
        if (std::shared_ptr<Reactor> reactor = make_uring_reactor()) {
            return reactor;
        }
    }
    return make_epoll_reactor();
}

Options complete(Options options) {
    if (options.flavor == Flavor::CurrentThread) {
        options.workers = 1;
    } else if (options.workers == 0) {
        options.workers = default_worker_count();
    }
    return options;
}

void name_thread(const std::string& name) {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());  // the system's limit
}

std::uint64_t next_runtime_id() noexcept {
    static constinit std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

/// A seed that no other runtime of the process has, nor, as far as the system can tell, any other
/// process. The system is asked once: each further seed is that one, mixed with a number.
std::uint64_t new_seed() noexcept {
    static const std::uint64_t of_process = [] {
        std::uint64_t seed = 0;
        if (::getrandom(&seed, sizeof seed, GRND_NONBLOCK) != ssize_t(sizeof seed)) {
            seed = std::uint64_t(std::chrono::steady_clock::now().time_since_epoch().count());
        }
        return seed;
    }();
    static constinit std::atomic<std::uint64_t> number{0};
    return Random(of_process + number.fetch_add(1, std::memory_order_relaxed)).next();
}

BlockingPool::Settings blocking_settings(Scheduler& scheduler, const Options& options) {
    BlockingPool::Settings settings;
    settings.max_threads = options.max_blocking_threads;
    settings.keep_alive = options.blocking_keep_alive;
    settings.on_thread_start = [&scheduler, hook = options.on_thread_start] {
        tls_context.scheduler = &scheduler;
        call_hook(hook);
    };
    settings.on_thread_stop = [hook = options.on_thread_stop] {
        call_hook(hook);
        tls_context = Context();  // the thread's own destructors come when the runtime may be gone
    };
    settings.on_job_queued = [&scheduler] { scheduler.begin_external(); };
    settings.on_job_ended = [&scheduler] { scheduler.end_external(); };
    return settings;
}

}  // namespace

std::shared_ptr<Scheduler> Scheduler::start(Options options) {
    auto scheduler = std::make_shared<Scheduler>(std::move(options));
    scheduler->blocking_.set_owner(scheduler);
    scheduler->start_threads();
    return scheduler;
}

Scheduler::Scheduler(Options options)
    : TaskOwner(true),
      options_(complete(std::move(options))),
      watches_spawns_(options_.on_task_spawn || options_.schedule_latency_histogram ||
                      options_.track_schedule_latency),
      id_(next_runtime_id()),
      idle_(options_.workers),
      rescue_(*this, options_.workers),
      owned_(options_.workers),
      blocking_(blocking_settings(*this, options_)) {
    if (options_.start_paused) {
        clock_.pause();
    }
    Random seeds(options_.seed ? *options_.seed : new_seed());
    for (unsigned i = 0; i < options_.workers; ++i) {
        workers_.push_back(std::make_unique<Worker>(*this, i, make_reactor(options_), seeds.next(),
                                                    options_.workers == 1));
    }
    if (options_.on_before_task_poll || options_.on_after_task_poll ||
        options_.poll_time_histogram || options_.schedule_latency_histogram) {
        for (const auto& worker : workers_) {
            worker->watch_turns();
        }
    }
}

Scheduler::~Scheduler() {
    for (unsigned round = 0; visitors_.load(std::memory_order_acquire) != 0; ++round) {
        spin_wait(round);
    }
}

void Scheduler::start_threads() {
    if (is_current_thread()) {
        return;
    }
    try {
        for (unsigned i = 0; i < options_.workers; ++i) {
            {
                const std::lock_guard guard(lock_);
                ++running_threads_;
            }
            threads_.emplace_back([self = shared_from_this(), i] { self->run_worker(i); });
        }
    } catch (...) {
        {
            const std::lock_guard guard(lock_);
            --running_threads_;  // the one that could not be started
        }
        shut_down(std::nullopt);
        throw;
    }
}

void Scheduler::run_worker(unsigned index) noexcept {
    call_hook([this] {
        name_thread(options_.thread_name_fn ? options_.thread_name_fn() : options_.thread_name);
    });
    Context& c = tls_context;
    c.scheduler = this;
    c.worker = workers_[index].get();
    c.must_not_block = true;
    call_hook(options_.on_thread_start);
    workers_[index]->run(nullptr);
    call_hook(options_.on_thread_stop);
    c = Context();
    remove_thread();
}

void Scheduler::add_thread() noexcept {
    const std::lock_guard guard(lock_);
    ++running_threads_;
}

void Scheduler::remove_thread() noexcept {
    const std::lock_guard guard(lock_);
    if (--running_threads_ == 0) {
        changed_.notify_all();  // who waits for threads waits for the last one
    }
}

void Scheduler::run_moved_worker(Worker& worker) noexcept {
    {
        const ContextScope scope;
        Context& c = tls_context;
        c = Context();
        c.scheduler = this;
        c.worker = &worker;
        c.must_not_block = true;
        worker.run(nullptr);
    }
    remove_thread();
}

// ---- tasks -------------------------------------------------------------------------------------

/// The worker that the calling thread drives, or null.
inline Worker* Scheduler::current_worker() const noexcept {
    Worker* const worker = tls_context.worker;
    return worker != nullptr && &worker->scheduler() == this ? worker : nullptr;
}

inline unsigned Scheduler::current_index() const noexcept {
    const Worker* const worker = current_worker();
    return worker != nullptr ? worker->index() : OwnedTasks::kNoWorker;
}

void Scheduler::spawn(TaskCore& task) noexcept {
    Worker* const worker = current_worker();
    if (worker == nullptr || is_stopping()) [[unlikely]] {
        return spawn_listed(task);
    }
    if (watches_spawns_) [[unlikely]] {
        watch_spawned(task);
    }
    owned_.add_unlisted(task, worker->index());
    worker->push(task);
}

void Scheduler::share(TaskCore& task) noexcept {
    Worker* const worker = current_worker();
    if (worker == nullptr || is_stopping()) {
        return spawn_listed(task);
    }
    if (watches_spawns_) {
        watch_spawned(task);
    }
    owned_.add_unlisted(task, worker->index());
    worker->push_shared(task);
}

[[gnu::noinline]] void Scheduler::spawn_listed(TaskCore& task) noexcept {
    if (watches_spawns_) {
        watch_spawned(task);
    }
    if (owned_.add(task, current_index())) {
        schedule(task);
    } else {
        cancel_here(task);
    }
}

void Scheduler::enlist(TaskCore& task) noexcept {
    const unsigned worker = current_index();
    if (!owned_.list(task, worker)) {
        task.mark_cancelled();  // it finds that, instead of waiting
    }
}

void Scheduler::schedule(TaskCore& task) noexcept {
    if (Worker* const worker = current_worker()) {
        worker->push(task);
    } else {
        inject(task);
    }
}

void Scheduler::schedule_woken(Leaf& leaf) noexcept {
    if (Worker* const worker = current_worker()) {
        worker->push(Runnable(leaf));
    } else {
        inject(Runnable(leaf).to_task());
    }
}

void Scheduler::schedule_woken(std::span<Leaf* const> leaves) noexcept {
    if (Worker* const worker = current_worker()) {
        worker->push(leaves);
        return;
    }
    for (Leaf* const leaf : leaves) {
        inject(Runnable(*leaf).to_task());
    }
}

/// Queues a task from a thread that drives no worker.
void Scheduler::inject(TaskCore& task) noexcept {
    visitors_.fetch_add(1, std::memory_order_relaxed);  // published by the push
    injection_.push(task);
    if (worker_count() == 1) {
        workers_[0]->rouse();
    } else {
        wake_one();
    }
    visitors_.fetch_sub(1, std::memory_order_release);  // pairs with the destructor
}

void Scheduler::forget(TaskCore& task) noexcept {
    if (options_.on_task_terminate) [[unlikely]] {
        tell_terminated(task);
    }
    if (task.is_unlisted()) [[likely]] {
        owned_.remove_unlisted(current_index());
    } else {
        owned_.remove(task, current_index());
    }
}

[[gnu::noinline]] void Scheduler::cancel_here(TaskCore& task) noexcept {
    const ContextScope scope;
    Context& c = tls_context;
    c.scheduler = this;
    c.worker = nullptr;  // it must not be given away in here, only to be put back afterwards
    c.scope = nullptr;
    task.abort();
    Turn turn;
    static_cast<void>(task.run(c, turn));
}

Worker& Scheduler::nearest_worker() noexcept {
    if (Worker* const worker = current_worker()) {
        return *worker;
    }
    return *workers_[next_worker_.fetch_add(1, std::memory_order_relaxed) % workers_.size()];
}

void Scheduler::drive(const TaskCore& root) noexcept {
    // Not `is_finished`: that comes only after `notify_drivers`.
    const auto is_complete = [&root] { return root.state() == TaskCore::State::Complete; };
    std::unique_lock guard(lock_);
    changed_.wait(guard, [this, &is_complete] { return !driven_ || is_complete(); });
    if (!is_complete()) {
        driven_ = true;
        guard.unlock();
        {
            const ContextScope scope;
            Context& c = tls_context;
            c = Context();
            c.scheduler = this;
            c.worker = workers_[0].get();
            c.must_not_block = true;
            workers_[0]->run(&root);
        }
        guard.lock();
        driven_ = false;
    }
    changed_.notify_all();
}

void Scheduler::notify_drivers() noexcept {
    const std::lock_guard guard(lock_);
    changed_.notify_all();
}

void Scheduler::end_external() noexcept {
    external_.fetch_sub(1, std::memory_order_seq_cst);
    // A paused clock may move on now. Sequentially consistent here and where the worker pauses the
    // clock and looks for external work: one of the two sees the other.
    if (is_current_thread() && clock_.is_paused()) {
        workers_[0]->wake();
    }
}

// ---- waking workers ----------------------------------------------------------------------------

void Scheduler::wake_one() noexcept {
    if (const auto worker = idle_.worker_to_wake()) {
        workers_[*worker]->wake();
    }
}

void Scheduler::wake_if_queued() noexcept {
    const bool queued = !injection_.empty() ||
                        std::any_of(workers_.begin(), workers_.end(),
                                    [](const auto& worker) { return worker->is_stealable(); });
    if (queued) {
        wake_one();
    }
}

// ---- the end -----------------------------------------------------------------------------------
//
// 1. `stopping_` is set, then every worker is woken: each ends its current turn and leaves its
// loop.
// 2. The list of tasks is closed: what is spawned from now on is cancelled at once. All live tasks
//    are marked as aborted; the idle ones thereby go to the injection queue.
// 3. This thread takes the tasks out of all queues, also those of a worker that is stuck, and
//    destroys them. A task that a worker is running is destroyed by that worker at the end of its
//    turn. What is left at the deadline is destroyed by a thread that goes on in the background.
// 4. Whatever is still registered with a reactor or a wheel, by objects that outlive the runtime,
// is
//    failed. Then the blocking threads are waited for.

bool Scheduler::shut_down(std::optional<std::chrono::steady_clock::time_point> deadline) noexcept {
    if (stopping_.exchange(true, std::memory_order_seq_cst)) {
        return true;
    }
    for (const auto& worker : workers_) {
        worker->wake();
    }
    owned_.close_and_abort();
    const bool in_time = destroy_tasks(deadline);
    for (std::thread& thread : threads_) {
        in_time ? thread.join() : thread.detach();
    }
    threads_.clear();
    for (const auto& worker : workers_) {
        worker->reactor()->shut_down();
        worker->timers().shut_down();
    }
    if (!in_time) {
        go_on_in_background();
    }
    return blocking_.shut_down(deadline) && in_time;
}

/// Until all tasks are destroyed and all threads have ended; false when the deadline comes first.
bool Scheduler::destroy_tasks(
    std::optional<std::chrono::steady_clock::time_point> deadline) noexcept {
    constexpr auto kLongestPause = std::chrono::milliseconds(50);
    auto pause = std::chrono::milliseconds(1);
    std::unique_lock guard(lock_);
    for (;;) {
        // The queues of an only worker belong to the thread that drives it. On a current_thread
        // runtime that is one in `block_on`, which goes on: it destroys the tasks itself.
        const bool alone = running_threads_ == 0 && !driven_;
        if (alone || !is_current_thread()) {
            driven_ = true;
            guard.unlock();
            while (cancel_queued(alone || worker_count() > 1)) {
            }
            guard.lock();
            driven_ = false;
            changed_.notify_all();
        }
        if (running_threads_ == 0 && owned_.size() == 0) {
            return true;
        }
        if (deadline && std::chrono::steady_clock::now() >= *deadline) {
            return false;
        }
        changed_.wait_for(guard, pause);
        pause = std::min(2 * pause, kLongestPause);
    }
}

void Scheduler::go_on_in_background() noexcept {
    try {
        std::thread([self = shared_from_this()] { self->destroy_tasks(std::nullopt); }).detach();
    } catch (...) {
        unfinished_ = shared_from_this();
    }
}

/// Destroys all tasks in the injection queue and, with `steal`, in those of the workers; false when
/// there was none.
bool Scheduler::cancel_queued(bool steal) noexcept {
    bool any = false;
    while (const Runnable runnable = injection_.pop()) {
        cancel_here(runnable.to_task());
        any = true;
    }
    for (const auto& worker : workers_) {
        while (const Runnable runnable = steal ? worker->take_any() : Runnable()) {
            cancel_here(runnable.to_task());
            any = true;
        }
    }
    return any;
}

}  // namespace edo::detail
