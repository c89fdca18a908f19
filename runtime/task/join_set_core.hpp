// SPDX-License-Identifier: MIT
// What `JoinSet`, `JoinQueue` and `JoinMap` are made of, without the type of the results.
//
// An entry lives in its task's cell, so a member costs no allocation beside the task's own. Two
// lists hold it: all members, which only the owner of the set touches, and, once its task has
// ended, the ended ones. Those are appended by the threads that end the tasks, under a lock, which
// the owner takes once for all that have come since. In a queue the members come out in the order
// of the first list, and there is no second one.
#pragma once

#include "edo/runtime/core/join_core.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/task/promise.hpp"

#include <cstddef>
#include <cstdint>

namespace edo::detail {

class JoinSetCore;

/// In which order members are joined.
enum class JoinOrder : std::uint8_t { AsTheyEnd, AsTheyBegan };

class JoinSetEntry : public JoinListener {
public:
    struct Init {
        explicit Init(JoinSetCore& init_set) : set(&init_set) {}
        JoinSetCore* set;
    };
    JoinSetEntry(const Init& init, JoinCore& core) noexcept;

    [[nodiscard]] JoinCore& core() const noexcept { return *core_; }
    /// Where a `JoinMap` keeps the key.
    [[nodiscard]] const void* key() const noexcept { return key_; }
    void set_key(const void* key) noexcept { key_ = key; }
    template <class T>
    [[nodiscard]] ResultSlot<T>& slot() const noexcept {
        return *static_cast<ResultSlot<T>*>(slot_);
    }
    template <class T>
    void set_slot(ResultSlot<T>& slot) noexcept {
        slot_ = &slot;
    }

    template <class Slot>
    void ended(Outcome /*outcome*/, Slot& /*slot*/) noexcept {}

private:
    friend class JoinSetCore;

    JoinCore* core_;
    JoinSetCore* set_;
    const void* key_ = nullptr;
    void* slot_ = nullptr;
    JoinSetEntry* next_ = nullptr;  // in the list of all members
    JoinSetEntry* prev_ = nullptr;
    JoinSetEntry* next_ended_ = nullptr;
    bool has_ended_ = false;  // guarded by the set's lock
    bool discarded_ = false;  // the owner's: it stays a member until it is seen to have ended
};

class JoinSetCore {
public:
    explicit JoinSetCore(JoinOrder order = JoinOrder::AsTheyEnd) noexcept
        : in_order_(order == JoinOrder::AsTheyBegan) {}
    JoinSetCore(const JoinSetCore&) = delete;
    JoinSetCore& operator=(const JoinSetCore&) = delete;
    /// Aborts all members and drops them. Waits in progress fail.
    ~JoinSetCore();

    /// The members whose result was not taken, ended or not.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Before the task is queued.
    void add(JoinSetEntry& entry) noexcept;
    /// Aborts a member and drops it: its result will not be joined.
    void discard(JoinSetEntry& entry) noexcept;
    /// Takes back an entry whose task could not be queued after all.
    void remove(JoinSetEntry& entry) noexcept;

    /// The member that is joined next, out of the set; its reference is the caller's now. Null when
    /// it has not ended.
    [[nodiscard]] JoinSetEntry* pop() noexcept;
    [[nodiscard]] bool has_ended() noexcept;

    void abort_all() noexcept;
    /// Drops all members: the tasks go on alone, results are destroyed.
    void detach_all() noexcept;
    void abort_and_drop() noexcept {
        abort_all();
        detach_all();
    }

    /// Waits until `pop` yields something, or there is no member. Set and waits know each other, as
    /// either may go first: a branch of a task may destroy the set that another branch awaits.
    class Wait : public HookLeaf {
    public:
        explicit Wait(JoinSetCore& set) noexcept;
        ~Wait();

        [[nodiscard]] bool await_ready() noexcept;
        bool await_suspend(TaskHandle task) noexcept;

    protected:
        /// @throws UsageError if the set is gone.
        [[nodiscard]] JoinSetCore& set() const;

    private:
        friend class JoinSetCore;

        static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
        void stop() noexcept;

        JoinSetCore* set_;  // null once it is gone
        Wait* next_wait_;
        Wait* prev_wait_ = nullptr;
        bool charged_ = false;
    };

private:
    friend class JoinSetEntry;

    static void on_done(JoinListener& listener) noexcept;
    bool wait(Wait& leaf) noexcept;
    void take_ended() noexcept;
    void wake_one() noexcept;
    [[nodiscard]] bool is_ended(const JoinSetEntry& entry) noexcept;
    void link(JoinSetEntry& entry) noexcept;
    void unlink(JoinSetEntry& entry) noexcept;
    void wake_waiting() noexcept;
    void abandon_waits() noexcept;
    void wait_for(const JoinSetEntry& entry) noexcept;

    // The owner's.
    const bool in_order_;
    JoinSetEntry* head_ = nullptr;  // the newest
    JoinSetEntry* tail_ = nullptr;  // the oldest
    std::size_t size_ = 0;
    JoinSetEntry* ready_ = nullptr;  // ended, taken over from below, first to be joined first
    Wait* waits_ = nullptr;          // all that were begun and have not ended

    SpinLock lock_;
    // Guarded by `lock_`.
    JoinSetEntry* first_ended_ = nullptr;
    JoinSetEntry* last_ended_ = nullptr;
    const JoinSetEntry* awaited_ = nullptr;  // in a queue: whose end wakes who waits
    LeafList waiting_;
};

}  // namespace edo::detail
