// SPDX-License-Identifier: MIT
// The threads of a modelled execution: stacks that one kernel thread switches between.
#pragma once

#include <cstddef>

namespace edo::model {

/// A stack, and the thread-local variables of a real thread that sleeps for ever. To switch is to
/// exchange the stack pointer and the register through which thread-local variables are found: some
/// ten instructions instead of two system calls and the kernel's scheduler. For code that runs on
/// it, a fiber is a thread.
class Fiber {
public:
    using Entry = void (*)();

    Fiber() = default;
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// Makes the stack and the thread, once. The thread calls `prepare` before it sleeps.
    void create(Entry prepare);
    /// The next switch to it calls `entry`, which never returns.
    void start(Entry entry) noexcept;
    /// Makes it stand for the calling thread.
    void adopt_this_thread() noexcept;

    /// Leaves `from`, which is running, and goes on with `to`.
    static void switch_to(Fiber& from, Fiber& to) noexcept;

private:
    static constexpr std::size_t kStack = std::size_t{256} << 10;

    void* stack_pointer_ = nullptr;
    void* thread_pointer_ = nullptr;
    std::byte* stack_ = nullptr;
    Entry prepare_ = nullptr;

    static void* sleep_for_ever(void* fiber);
};

}  // namespace edo::model
