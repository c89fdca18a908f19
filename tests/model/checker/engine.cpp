// SPDX-License-Identifier: MIT
#include "checker/engine.hpp"

#include <bit>

namespace edo::model {

Engine& Engine::instance() {
    static Engine engine;
    return engine;
}

Engine::Engine() {
    explorer_.adopt_this_thread();
    for (Thread& thread : threads_) {
        thread.fiber.create(&prepare_thread);
    }
}

// ---- executions --------------------------------------------------------------------------------

/// Explores until something fails or all is tried. Whenever a location turns out to be used by two
/// threads it becomes one before whose operations threads are switched, and all begins anew. So at
/// the end every execution was explored with the knowledge of the whole.
Report Engine::run(void (*body)(), const Limits& limits) {
    limits_ = limits;
    users_.clear();
    report_ = {};
    choices_.start(limits);
    for (bool more = true; more && !report_.has_failed;) {
        run_once(body);
        ++report_.executions;
        if (users_grew_ && !report_.has_failed) {
            choices_.start(limits);
            continue;
        }
        more = choices_.advance();
        report_.complete = !more;
        more = more && report_.executions < limits.executions;
    }
    for (std::uint64_t i = 1; !report_.complete && !report_.has_failed && i <= limits.random; ++i) {
        report_.seed = i;
        choices_.start_random(i);
        run_once(body);
        ++report_.executions;
    }
    return report_;
}

void Engine::run_once(void (*body)()) {
    choices_.rewind();
    memory_.reset();
    shadow_.reset();
    heap_.reset();
    trace_.clear();
    plain_.clear();
    forget_locks();
    steps_ = 0;
    users_grew_ = false;
    for (Thread& thread : threads_) {
        thread.status = Status::Unused;
    }
    body_ = body;
    count_ = 1;
    thread_ = 0;
    threads_[0].status = Status::Ready;
    threads_[0].start = {[](void*) { instance().body_(); }, nullptr};
    threads_[0].fiber.start(&Engine::thread_main);
    running_ = true;
    inside_ = true;
    Fiber::switch_to(explorer_, threads_[0].fiber);
    running_ = false;
    inside_ = false;
    if (choices_.has_diverged()) {  // whatever else was found is a consequence
        report_.has_failed = report_.has_diverged = true;
        report_.failure = "the check, or what it checks, keeps state between executions";
        report_.trace = trace_.text();
    }
}

void Engine::thread_main() {
    Engine& self = instance();
    const unsigned thread = self.thread_;
    const Start start = self.threads_[thread].start;
    inside_ = false;
    start.function(start.argument);
    inside_ = true;
    self.add_event({thread, Trace::What::Ends});
    self.threads_[thread].status = Status::Ended;
    if (thread == 0) {
        self.finish_execution();
    }
    self.leave();
    __builtin_unreachable();
}

void Engine::finish_execution() {
    if (const Heap::Block* const leak = heap_.first_leak()) {
        fail("a leak of " + std::to_string(leak->size) + " bytes, allocated at " +
             place_of(leak->allocated_at));
    }
    Fiber::switch_to(threads_[0].fiber, explorer_);
}

void Engine::fail(const std::string& what) {
    inside_ = true;
    if (report_.has_failed) {
        Fiber::switch_to(threads_[thread_].fiber, explorer_);
    }
    report_.has_failed = true;
    report_.failure = "thread " + std::to_string(thread_) + ": " + what;
    report_.trace = trace_.text();
    Fiber::switch_to(threads_[thread_].fiber, explorer_);
    __builtin_unreachable();
}

// ---- threads -----------------------------------------------------------------------------------

void Engine::switch_to(unsigned thread) {
    if (thread == thread_) {
        return;
    }
    Fiber& from = threads_[thread_].fiber;
    thread_ = thread;
    Fiber::switch_to(from, threads_[thread].fiber);
}

/// Of a thread that waits it is asked anew each time: what it waits for, another one may take
/// first.
bool Engine::is_ready(unsigned thread) const noexcept {
    const Thread& one = threads_[thread];
    return one.status == Status::Ready ||
           (one.status == Status::Waiting && one.is_over(one.argument));
}

/// The running thread cannot go on: another one does.
void Engine::leave() {
    std::array<unsigned, kMaxThreads> ready{};
    unsigned count = 0;
    for (unsigned i = 0; i < count_; ++i) {
        if (is_ready(i)) {
            ready[count++] = i;
        }
    }
    if (count > 0) {
        switch_to(ready[choices_.next_thread(count)]);
        return;
    }
    // All that can run at all spin. The one that has waited longest goes first.
    unsigned next = kMaxThreads;
    for (unsigned i = 0; i < count_; ++i) {
        if (threads_[i].status == Status::Yielded &&
            (next == kMaxThreads || threads_[i].since < threads_[next].since)) {
            next = i;
        }
    }
    if (next == kMaxThreads) {
        fail("a deadlock: no thread can go on");
    }
    threads_[next].status = Status::Ready;
    switch_to(next);
}

/// A thread is preempted only before an operation on what other threads use, too: elsewhere it
/// makes no difference.
void Engine::point(const void* address) {
    if (++steps_ > limits_.steps) {
        fail("a livelock: " + std::to_string(limits_.steps) + " operations and no end");
    }
    if (thread_ == 0) {
        return;  // the others have not begun, or have ended
    }
    unsigned& users = users_[address];
    const unsigned before = users;
    users |= 1U << thread_;
    if (std::popcount(users) < 2) {
        return;
    }
    users_grew_ = users_grew_ || std::popcount(before) < 2;
    std::array<unsigned, kMaxThreads> ready{thread_};
    unsigned count = 1;
    for (unsigned i = 0; i < count_; ++i) {
        if (i != thread_ && is_ready(i)) {
            ready[count++] = i;
        }
    }
    switch_to(ready[choices_.preempt(count)]);
}

void Engine::changed(bool really) noexcept {
    if (!really) {
        return;
    }
    for (unsigned i = 0; i < count_; ++i) {
        if (i != thread_ && threads_[i].status == Status::Yielded) {
            threads_[i].status = Status::Ready;
        }
    }
}

void Engine::yield(const void* pc) {
    add_event({.thread = thread_, .what = Trace::What::Yields, .pc = pc});
    if (++steps_ > limits_.steps) {
        fail("a livelock: " + std::to_string(limits_.steps) + " operations and no end");
    }
    threads_[thread_].status = Status::Yielded;
    threads_[thread_].since = steps_;
    const unsigned self = thread_;
    leave();
    memory_.refresh(self);
}

void Engine::wait_until(bool (*is_over)(void*), void* argument, const void* pc) {
    if (is_over(argument)) {
        return;
    }
    add_event({.thread = thread_, .what = Trace::What::Waits, .pc = pc});
    threads_[thread_].is_over = is_over;
    threads_[thread_].argument = argument;
    const unsigned self = thread_;
    threads_[self].status = Status::Waiting;
    leave();
    threads_[self].status = Status::Ready;
}

void Engine::run_threads(const Start* starts, unsigned count) {
    if (thread_ != 0 || count_ + count > kMaxThreads) {
        fail("the check starts too many threads, or from a thread");
    }
    const unsigned first = count_;
    for (unsigned i = first; i < first + count; ++i) {
        threads_[i].start = starts[i - first];
        threads_[i].fiber.start(&Engine::thread_main);
        threads_[i].status = Status::Ready;
        memory_.start_thread(i, 0);
    }
    count_ += count;
    const auto all_ended = [](void* self) {
        Engine& engine = *static_cast<Engine*>(self);
        for (unsigned i = 1; i < engine.count_; ++i) {
            if (engine.threads_[i].status != Status::Ended) {
                return false;
            }
        }
        return true;
    };
    wait_until(all_ended, this, nullptr);
    for (unsigned i = first; i < first + count; ++i) {
        memory_.join_thread(0, i);
    }
}

}  // namespace edo::model
