// SPDX-License-Identifier: MIT
// What the checks use. A check is a function that runs again and again, each time with another
// interleaving of its threads and other stores read by its loads; see docs/model-checking.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace edo::model {

/// What to explore, where the defaults do not suit; see `Limits` in checker/choices.hpp.
struct Bounds {
    unsigned preemptions = 2;
    unsigned stale_reads = 2;
    std::uint64_t executions = 100000;
};

/// A check. Objects of this class are global: they register themselves. No execution may fail.
class Check {
public:
    Check(const char* suite, const char* name, void (*body)(), Bounds bounds = {}) noexcept;

    const char* const suite;
    const char* const name;
    void (*const body)();
    const Bounds bounds;
    const Check* const next;
};

/// A negative control: the check with the memory order of some operations made relaxed. It must
/// fail, or the check proves nothing about that order.
class Control {
public:
    /// Weakens the operations of `function` (part of its name) in whose line of source `text` is.
    Control(const Check& check, const char* name, const char* function, const char* text) noexcept;

    const Check& check;
    const char* const name;
    const char* const function;
    const char* const text;
    const Control* const next;
};

/// Something that must be found: a check that is wrong on purpose. For tests of the checker.
class Failing {
public:
    Failing(const char* suite, const char* name, void (*body)(), const char* message,
            Bounds bounds = {}) noexcept;

    const char* const suite;
    const char* const name;
    void (*const body)();
    const char* const message;  ///< part of what is reported
    const Bounds bounds;
    const Failing* const next;
};

/// Called once by each thread of the model before all executions: for what the code under test
/// makes once a thread. Provided by the checks.
void prepare_thread();

/// Fails the execution unless `ok`.
void expect(bool ok, const char* what = "an expectation") noexcept;

/// Each function runs on a thread of its own; returns when all have ended. Once an execution.
struct ThreadStart {
    void (*function)(void*);
    void* argument;
};
void run_threads(const ThreadStart* starts, unsigned count);

template <class... Functions>
void run_threads(Functions... functions) {
    const std::array<ThreadStart, sizeof...(Functions)> starts{
        ThreadStart{[](void* function) { (*static_cast<Functions*>(function))(); }, &functions}...};
    run_threads(starts.data(), unsigned(starts.size()));
}

/// From now on atomic operations in this range race like plain accesses. For atomics of which the
/// code claims that each access is ordered with all others, whatever they are atomic for. It finds
/// also loads that could read from a later store, which the memory model here never lets them do.
void treat_as_plain(const void* begin, std::size_t size) noexcept;

/// The running thread waits for others, as in a busy loop.
void spin() noexcept;

/// A queue between threads that is not part of what is checked: it orders nothing. So whatever
/// happens before an element is taken must be made so by the code under test.
class Mailbox {
public:
    explicit Mailbox(unsigned users) noexcept : users_(users) {}
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    void post(void* element) noexcept;
    /// Waits for an element; null when it is empty and closed.
    [[nodiscard]] void* take() noexcept;
    /// One of the `users` given to the constructor is done; the last one closes it.
    void leave() noexcept;

private:
    static constexpr std::size_t kRoom = 64;
    std::array<void*, kRoom> elements_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    unsigned users_;
};

/// Counts which outcomes of a check were seen in all its executions. For litmus tests.
class Outcomes {
public:
    static void clear() noexcept;
    static void add(unsigned outcome) noexcept;
    [[nodiscard]] static std::uint64_t seen() noexcept;  ///< a bit for each
};

/// A litmus test: its body yields an outcome, below 64; exactly those in `allowed` must occur.
class Litmus {
public:
    Litmus(const char* name, unsigned (*body)(), std::uint64_t allowed) noexcept;

    const char* const name;
    unsigned (*const body)();
    const std::uint64_t allowed;
    const Litmus* const next;
};

}  // namespace edo::model
