// SPDX-License-Identifier: MIT
// How a runtime and its threads begin.
#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/available_cpus.hpp"
#include "edo/runtime/scheduler/call_hook.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"

#include <cstdlib>
#include <pthread.h>
#include <string>
#include <string_view>
#include <sys/random.h>

namespace edo::detail {

namespace {

ReactorKind reactor_of_environment() {
    const char* const variable = std::getenv("EDO_REACTOR");
    const std::string_view name = variable != nullptr ? variable : "";
    if (name == "io_uring") {
        return ReactorKind::IoUring;
    }
    if (name == "asio") {
        return ReactorKind::Asio;
    }
    if (!name.empty() && name != "epoll") {
        throw UsageError("edo: EDO_REACTOR must be epoll, asio or io_uring, not '" +
                         std::string(name) + "'");
    }
    return ReactorKind::Epoll;
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
    check_log_level();
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
      owned_(options_.workers, &injection_),
      blocking_(blocking_settings(*this, options_)),
      spawns_plainly_(!watches_spawns_) {
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

}  // namespace edo::detail
