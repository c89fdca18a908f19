// SPDX-License-Identifier: MIT
// What a join handle sees of a task or of a blocking job: whether it is finished, who waits for it.
#pragma once

#include "edo/runtime/core/task_name.hpp"

#include <atomic>
#include <cstdint>
#include <exception>

namespace edo::detail {

class JoinCore;
class Leaf;

/// Told that a task has ended, in place of a leaf: the member of a collection of tasks.
class JoinListener {
public:
    JoinListener(const JoinListener&) = delete;
    JoinListener& operator=(const JoinListener&) = delete;

protected:
    /// Called once, by the thread that ended the task, when the outcome can be read. The task's
    /// cell is the owner's by then; nothing touches the listener after the call.
    using OnDone = void (*)(JoinListener&) noexcept;

    explicit JoinListener(OnDone on_done) noexcept : on_done_(on_done) {}
    ~JoinListener() = default;

private:
    friend class JoinCore;
    OnDone on_done_;
};

/// How a task ended.
enum class Outcome : std::uint8_t { Pending, Value, Exception, Cancelled };

/// Base of everything that can be joined.
///
/// `joiner_` is empty, or the leaf of the one task that waits, or a listener, tagged with
/// `kListener`, or one of two marks:
/// - `kDone`      the outcome is published (release) and may be read (acquire);
/// - `kDetached`  the join handle was dropped before that; nobody will ever wait.
///
/// The runtime and the join handle share one reference. Whichever of the two leaves last, as
/// `joiner_` tells, releases it; so most tasks never change the count. Others add their own, which
/// keeps the object and not the result.
class JoinCore {
public:
    JoinCore(const JoinCore&) = delete;
    JoinCore& operator=(const JoinCore&) = delete;

    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    /// What `TaskBuilder::name` called it; mostly empty.
    [[nodiscard]] virtual TaskName name() const noexcept { return {}; }
    [[nodiscard]] bool is_finished() const noexcept {
        return joiner_.load(std::memory_order_acquire) == kDone;
    }

    /// Registers the waiting leaf; false when the outcome is there already.
    bool add_joiner(Leaf& leaf) noexcept;
    /// Takes the leaf back. Called by the task that waits, for a leaf that `add_joiner` accepted.
    /// False if `publish` has claimed the leaf, and delivers it: then `withdraw` takes it back.
    bool remove_joiner(Leaf& leaf) noexcept;

    /// Registers the listener of a task that was not queued yet.
    void set_listener(JoinListener& listener) noexcept;
    /// The listener's owner drops the task. True: the listener will not be called, and the task is
    /// left to the runtime, as by `detach`. False: it was called, or is about to be.
    bool detach_listener(JoinListener& listener) noexcept;

    /// Only after `is_finished()`.
    [[nodiscard]] Outcome outcome() const noexcept { return outcome_; }
    /// Marks a stored exception as seen, so that it is not reported as unhandled.
    void set_observed() noexcept { observed_ = true; }

    /// Asks the task or job to stop; see `JoinHandle::abort`.
    virtual void abort() noexcept = 0;

    /// The join handle is gone. No leaf is registered.
    void detach() noexcept;

    void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void release_reference() noexcept;
    /// Releases the reference that the runtime and the join handle share, and the result with it:
    /// what still refers to the task, such as an `AbortHandle`, keeps no result.
    void release_result() noexcept;
    /// Destroys the result. Only the one who may take it.
    virtual void drop_result() noexcept {}

protected:
    // The id comes first: a call in between would have the compiler store the table of virtual
    // functions of each base.
    JoinCore() noexcept : JoinCore(next_id()) {}
    virtual ~JoinCore() = default;

    /// Publishes the outcome and wakes the joiner. `this` may be gone afterwards.
    void publish(Outcome outcome) noexcept;

    /// The join handle was dropped: nobody asks for the outcome any more. Acquire pairs with the
    /// release in `detach`.
    [[nodiscard]] bool is_detached() const noexcept {
        return joiner_.load(std::memory_order_acquire) == kDetached;
    }
    /// In place of `publish`, when the result of a detached task was destroyed already.
    void release_detached() noexcept;

    /// Destroys the result, and the object, and frees its memory.
    virtual void destroy() noexcept = 0;
    /// The stored exception, if the outcome is one.
    [[nodiscard]] virtual std::exception_ptr stored_exception() const noexcept = 0;

    /// Marks the core, which is not queued yet, as one with something that `drop_extras` must free.
    /// The mark is kept where a sole owner finds it without an instruction more.
    void set_has_extras() noexcept { references_.fetch_or(kHasExtras, std::memory_order_relaxed); }
    [[nodiscard]] bool has_extras() const noexcept {
        return (references_.load(std::memory_order_relaxed) & kHasExtras) != 0;
    }
    virtual void drop_extras() noexcept {}

private:
    explicit JoinCore(std::uint64_t id) noexcept : id_(id) {}
    [[nodiscard]] static std::uint64_t next_id() noexcept;
    void report_if_unhandled() const noexcept;
    static constexpr std::uint32_t kHasExtras = std::uint32_t{1} << 31U;
    void release_shared_reference() noexcept;

    static constexpr std::uintptr_t kDone = 1;
    static constexpr std::uintptr_t kDetached = 2;
    static constexpr std::uintptr_t kListener = 4;
    static constexpr std::uintptr_t kTags = 7;

    [[nodiscard]] static std::uintptr_t tagged(JoinListener& listener) noexcept {
        return reinterpret_cast<std::uintptr_t>(&listener) | kListener;
    }
    void publish_tagged(std::uintptr_t joiner, Outcome outcome) noexcept;
    void drop_then_release() noexcept;
    void release_ended() noexcept;

    std::atomic<std::uintptr_t> joiner_{0};
    std::atomic<std::uint32_t> references_{1};
    Outcome outcome_ = Outcome::Pending;  // written before `kDone` is published
    bool observed_ = false;               // touched by the one join handle only

protected:
    // Room for the derived class beside the members above.
    std::uint8_t phase_ = 0;  // see `TaskCore`
    std::uint8_t list_ = 0;   // which of its owner's lists holds it

private:
    const std::uint64_t id_;
};

}  // namespace edo::detail
