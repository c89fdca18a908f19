// SPDX-License-Identifier: MIT
// Runs one execution after the other: the threads, whose turn it is, and what they may not do.
#pragma once

#include "checker/choices.hpp"
#include "checker/fiber.hpp"
#include "checker/heap.hpp"
#include "checker/memory.hpp"
#include "checker/model.hpp"
#include "checker/shadow.hpp"
#include "checker/sites.hpp"
#include "checker/trace.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace edo::model {

/// The result of one check.
struct Report {
    std::uint64_t executions = 0;
    bool complete = false;      ///< all executions within the limits were tried
    bool has_failed = false;    ///< then the rest tells how
    bool has_diverged = false;  ///< ... of the check itself, which keeps state
    std::string failure;
    std::string trace;
    std::uint64_t seed = 0;  ///< of a failure found at random
};

/// Of mutexes and futexes; see interpose.cpp.
void forget_locks();

class Engine {
public:
    static Engine& instance();

    Report run(void (*body)(), const Limits& limits);
    [[nodiscard]] Sites& sites() noexcept { return sites_; }

    // ---- called by the instrumented code, through tsan_abi.cpp, interpose.cpp and model.cpp ----

    /// Whether the calling code is part of an execution, and not of the checker.
    [[nodiscard]] static bool is_modelling() noexcept { return running_ && !inside_; }
    /// For the scope of a call into the checker.
    class Inside {
    public:
        Inside() noexcept { inside_ = true; }
        ~Inside() { inside_ = false; }
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;
    };

    std::uint64_t load(const void* address, unsigned size, Order order, const void* pc);
    void store(void* address, unsigned size, std::uint64_t value, Order order, const void* pc);
    template <class Change>
    std::uint64_t update(void* address, unsigned size, Order order, const void* pc, Change change) {
        const bool weakened = begin(Operation::Update, address, size, order, true, pc);
        const Outcome out = memory_.update(thread_, address, size, order, change);
        add_event({thread_, Trace::What::Operation, Operation::Update, order, weakened, size, 0,
                   address, out.value, change(out.value), pc});
        changed(out.changed);
        return out.value;
    }
    std::uint64_t compare_and_swap(void* address, unsigned size, std::uint64_t expected,
                                   std::uint64_t desired, Order success, Order failure,
                                   const void* pc);
    void fence(Order order, const void* pc);
    void fence_all(const void* pc);
    void access(const Access& access);
    void treat_as_plain(std::uintptr_t begin, std::size_t size) { plain_.push_back({begin, size}); }

    [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment, const void* pc);
    /// False if it is no memory of the execution.
    bool free(void* block, const void* pc);
    [[nodiscard]] std::size_t size_of(void* block) noexcept;
    [[nodiscard]] bool owns(const void* block) const noexcept { return heap_.owns(block); }

    /// Starts threads and waits for them.
    struct Start {
        void (*function)(void*);
        void* argument;
    };
    void run_threads(const Start* starts, unsigned count);
    void yield(const void* pc);
    /// A chance for others to run.
    void point(const void* address);
    /// Waits until `is_over(argument)`, which looks at nothing that is modelled.
    void wait_until(bool (*is_over)(void*), void* argument, const void* pc);
    [[noreturn]] void fail(const std::string& what);

    [[nodiscard]] unsigned thread() const noexcept { return thread_; }
    [[nodiscard]] Memory& memory() noexcept { return memory_; }
    /// Something changed that others may wait for.
    void changed(bool really) noexcept;

private:
    enum class Status : std::uint8_t { Unused, Ready, Yielded, Waiting, Ended };
    struct Thread {
        Fiber fiber;
        Status status = Status::Unused;
        std::uint64_t since = 0;  // when it yielded
        bool (*is_over)(void*) = nullptr;
        void* argument = nullptr;
        Start start{};
    };

    Engine();
    bool begin(Operation operation, const void* address, unsigned size, Order& order, bool write,
               const void* pc);
    void check_heap(const Access& access);
    void add_event(const Trace::Event& event) { trace_.add(event); }
    void run_once(void (*body)());
    static void thread_main();
    void switch_to(unsigned thread);
    void leave();
    [[nodiscard]] bool is_ready(unsigned thread) const noexcept;
    void finish_execution();

    Choices choices_;
    Memory memory_{choices_};
    Shadow shadow_;
    Heap heap_;
    Sites sites_;
    Trace trace_;
    Fiber explorer_;
    std::array<Thread, kMaxThreads> threads_;
    unsigned count_ = 0;  // of threads in use
    unsigned thread_ = 0;
    std::uint32_t steps_ = 0;
    struct Range {
        std::uintptr_t begin;
        std::size_t size;
    };
    std::vector<Range> plain_;  // see `treat_as_plain`
    Limits limits_;
    Report report_;
    void (*body_)() = nullptr;
    static inline constinit bool running_ = false;
    static inline constinit bool inside_ = false;
    // Which threads have used an atomic location: see `point`.
    std::unordered_map<const void*, unsigned> users_;
    bool users_grew_ = false;
};

}  // namespace edo::model
