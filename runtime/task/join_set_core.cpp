// SPDX-License-Identifier: MIT
#include "edo/runtime/task/join_set_core.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"

#include <mutex>
#include <utility>

namespace edo::detail {

JoinSetEntry::JoinSetEntry(const Init& init, JoinCore& core) noexcept
    : JoinListener(&JoinSetCore::on_done), core_(&core), set_(init.set) {}

// ---- members -----------------------------------------------------------------------------------

void JoinSetCore::add(JoinSetEntry& entry) noexcept {
    link(entry);
    ++size_;
    entry.core().set_listener(entry);
}

void JoinSetCore::link(JoinSetEntry& entry) noexcept {
    entry.prev_ = nullptr;
    entry.next_ = head_;
    (head_ != nullptr ? head_->prev_ : tail_) = &entry;
    head_ = &entry;
}

void JoinSetCore::remove(JoinSetEntry& entry) noexcept {
    unlink(entry);
    --size_;
    wake_waiting();
}

void JoinSetCore::discard(JoinSetEntry& entry) noexcept {
    JoinCore& core = entry.core();
    core.abort();
    --size_;
    // Unlinked first: the entry may be gone once it is detached.
    unlink(entry);
    if (!core.detach_listener(entry)) {
        entry.discarded_ = true;  // it is among those that have ended, or will be in a moment
        link(entry);
    }
    wake_waiting();
}

void JoinSetCore::unlink(JoinSetEntry& entry) noexcept {
    (entry.prev_ != nullptr ? entry.prev_->next_ : head_) = entry.next_;
    (entry.next_ != nullptr ? entry.next_->prev_ : tail_) = entry.prev_;
}

/// Wakes those who wait for a set that has become empty: they get nothing.
void JoinSetCore::wake_waiting() noexcept {
    if (size_ != 0) {
        return;
    }
    for (;;) {
        Leaf* leaf = nullptr;
        {
            const std::lock_guard guard(lock_);
            leaf = waiting_.pop_front();
        }
        if (leaf == nullptr) {
            return;
        }
        leaf->wake();
    }
}

/// On the thread that ended the task. Once the lock is released the set may be gone: its owner sees
/// the entry in the list, or waits for that, and takes the lock for it.
void JoinSetCore::on_done(JoinListener& listener) noexcept {
    auto& entry = static_cast<JoinSetEntry&>(listener);
    JoinSetCore& set = *entry.set_;
    Leaf* leaf = nullptr;
    {
        const std::lock_guard guard(set.lock_);
        entry.has_ended_ = true;
        if (!set.in_order_) {
            (set.last_ended_ != nullptr ? set.last_ended_->next_ended_ : set.first_ended_) = &entry;
            set.last_ended_ = &entry;
        }
        if (!set.in_order_ || set.awaited_ == &entry) {
            leaf = set.waiting_.pop_front();
        }
    }
    if (leaf != nullptr) {
        leaf->wake();
    }
}

void JoinSetCore::take_ended() noexcept {
    const std::lock_guard guard(lock_);
    ready_ = std::exchange(first_ended_, nullptr);
    last_ended_ = nullptr;
}

bool JoinSetCore::is_ended(const JoinSetEntry& entry) noexcept {
    const std::lock_guard guard(lock_);
    return entry.has_ended_;
}

bool JoinSetCore::has_ended() noexcept {
    if (in_order_) {
        return tail_ != nullptr && is_ended(*tail_);
    }
    for (;;) {
        if (ready_ == nullptr) {
            take_ended();
        }
        if (ready_ == nullptr || !ready_->discarded_) {
            return ready_ != nullptr;
        }
        JoinSetEntry& entry = *ready_;
        ready_ = entry.next_ended_;
        unlink(entry);
        entry.core().detach();
    }
}

JoinSetEntry* JoinSetCore::pop() noexcept {
    if (!has_ended()) {
        return nullptr;
    }
    JoinSetEntry& entry = in_order_ ? *tail_ : *ready_;
    unlink(entry);
    --size_;
    if (in_order_) {
        wake_one();  // whoever else waits does so for this entry
    } else {
        ready_ = entry.next_ended_;
    }
    wake_waiting();
    return &entry;
}

void JoinSetCore::abort_all() noexcept {
    for (JoinSetEntry* entry = head_; entry != nullptr; entry = entry->next_) {
        entry->core().abort();
    }
}

void JoinSetCore::detach_all() noexcept {
    JoinSetEntry* entry = std::exchange(head_, nullptr);
    tail_ = nullptr;
    JoinSetEntry* ended = nullptr;
    size_ = 0;
    while (entry != nullptr) {
        JoinSetEntry* const next = entry->next_;
        if (!entry->core().detach_listener(*entry)) {  // else it may be gone by now
            wait_for(*entry);
            entry->next_ = ended;
            ended = entry;
        }
        entry = next;
    }
    // Only now does nobody append to the ended ones any more.
    ready_ = nullptr;
    first_ended_ = nullptr;
    last_ended_ = nullptr;
    while (ended != nullptr) {
        std::exchange(ended, ended->next_)->core().detach();
    }
    wake_waiting();
}

/// The task has ended, and whoever ended it says so to this set now, or has done so.
void JoinSetCore::wait_for(const JoinSetEntry& entry) noexcept {
    for (unsigned round = 0; !is_ended(entry); ++round) {
        spin_wait(round);
    }
}

// ---- waiting -----------------------------------------------------------------------------------

/// Links the leaf, unless there is something to go on with.
bool JoinSetCore::wait(Wait& leaf) noexcept {
    while (size_ != 0 && !has_ended()) {
        const std::lock_guard guard(lock_);
        if (in_order_ ? !tail_->has_ended_ : first_ended_ == nullptr) {
            awaited_ = tail_;
            waiting_.push_back(leaf);
            return true;
        }
    }
    return false;
}

JoinSetCore::~JoinSetCore() {
    abort_and_drop();  // wakes who waits
    abandon_waits();
}

void JoinSetCore::abandon_waits() noexcept {
    for (Wait* wait = waits_; wait != nullptr; wait = wait->next_wait_) {
        wait->set_ = nullptr;
    }
}

JoinSetCore::Wait::Wait(JoinSetCore& set) noexcept
    : HookLeaf(&Wait::on_wake), set_(&set), next_wait_(set.waits_) {
    if (next_wait_ != nullptr) {
        next_wait_->prev_wait_ = this;
    }
    set.waits_ = this;
}

JoinSetCore::Wait::~Wait() {
    stop();
    if (set_ != nullptr) {
        (prev_wait_ != nullptr ? prev_wait_->next_wait_ : set_->waits_) = next_wait_;
        if (next_wait_ != nullptr) {
            next_wait_->prev_wait_ = prev_wait_;
        }
    }
}

JoinSetCore& JoinSetCore::Wait::set() const {
    if (set_ == nullptr) {
        throw UsageError(
            "edo: a JoinSet, JoinQueue or JoinMap was destroyed or assigned to while its next "
            "result was awaited: keep it until the wait has ended");
    }
    return *set_;
}

bool JoinSetCore::Wait::await_ready() noexcept {
    charged_ = spend_budget();
    return charged_ && (set_->size() == 0 || set_->has_ended());
}

bool JoinSetCore::Wait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    if (!set_->wait(*this)) {
        unbind();
        return false;
    }
    return true;
}

/// Another branch may have taken what this one was woken for.
std::coroutine_handle<> JoinSetCore::Wait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<Wait&>(leaf);
    if (self.set_ == nullptr) {
        return self.handle();
    }
    self.rebind();
    if (self.set_->wait(self)) {
        return nullptr;
    }
    self.unbind();
    return self.handle();
}

void JoinSetCore::Wait::stop() noexcept {
    if (!is_suspended()) {
        return;
    }
    if (set_ == nullptr) {
        return withdraw();
    }
    {
        const std::lock_guard guard(set_->lock_);
        if (is_linked()) {
            set_->waiting_.remove(*this);
            unbind();
            return;
        }
    }
    withdraw();
    set_->wake_one();
}

/// What somebody was woken for may be left, or another member is awaited now: the next one looks.
void JoinSetCore::wake_one() noexcept {
    Leaf* leaf = nullptr;
    {
        const std::lock_guard guard(lock_);
        leaf = waiting_.pop_front();
    }
    if (leaf != nullptr) {
        leaf->wake();
    }
}

}  // namespace edo::detail
