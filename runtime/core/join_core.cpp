// SPDX-License-Identifier: MIT
#include "edo/runtime/core/join_core.hpp"

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/unhandled_exception.hpp"

namespace edo::detail {

bool JoinCore::add_joiner(Leaf& leaf) noexcept {
    std::uintptr_t expected = 0;
    // Release publishes the leaf to `publish`; acquire on failure reads the outcome.
    return joiner_.compare_exchange_strong(expected, reinterpret_cast<std::uintptr_t>(&leaf),
                                           std::memory_order_release, std::memory_order_acquire);
}

bool JoinCore::remove_joiner(Leaf& leaf) noexcept {
    auto expected = reinterpret_cast<std::uintptr_t>(&leaf);
    return joiner_.compare_exchange_strong(expected, 0, std::memory_order_relaxed,
                                           std::memory_order_acquire);
}

void JoinCore::set_listener(JoinListener& listener) noexcept {
    // Queueing the task publishes it.
    joiner_.store(tagged(listener), std::memory_order_relaxed);
}

bool JoinCore::detach_listener(JoinListener& listener) noexcept {
    std::uintptr_t expected = tagged(listener);
    // Release, as in `detach`; acquire on failure reads the outcome.
    return joiner_.compare_exchange_strong(expected, kDetached, std::memory_order_release,
                                           std::memory_order_acquire);
}

void JoinCore::publish(Outcome outcome) noexcept {
    outcome_ = outcome;
    // Once detached, nobody else looks at the word: acquire pairs with the release in `detach`.
    // Else release publishes the outcome to `is_finished` and `add_joiner`, and acquire sees the
    // leaf or listener.
    std::uintptr_t joiner = joiner_.load(std::memory_order_acquire);
    if (joiner != kDetached) {
        joiner = joiner_.exchange(kDone, std::memory_order_acq_rel);
    }
    if ((joiner & kTags) != 0) {
        publish_tagged(joiner, outcome);
    } else if (joiner != 0) {
        reinterpret_cast<Leaf*>(joiner)->wake();
    }
}

/// No leaf waits: a listener does, or the task is detached. Kept out of `publish`, which so needs
/// no registers to be saved.
[[gnu::noinline]] void JoinCore::publish_tagged(std::uintptr_t joiner, Outcome outcome) noexcept {
    if ((joiner & kListener) != 0) {
        auto& listener = *reinterpret_cast<JoinListener*>(joiner - kListener);
        listener.on_done_(listener);
        return;
    }
    if (outcome == Outcome::Exception) {
        report_if_unhandled();
    }
    joiner_.store(kDone, std::memory_order_release);  // for `is_finished` of abort handles
    release_result();
}

void JoinCore::release_detached() noexcept {
    if (references_.load(std::memory_order_acquire) == 1) {
        destroy();  // as in `release_reference`
    } else {
        release_ended();
    }
}

/// An abort handle still refers to the detached task, or somebody who looks at it.
[[gnu::noinline]] void JoinCore::release_ended() noexcept {
    outcome_ = Outcome::Value;
    joiner_.store(kDone, std::memory_order_release);  // for `is_finished` of abort handles
    release_reference();
}

void JoinCore::detach() noexcept {
    std::uintptr_t expected = 0;
    // Release: what this thread did with the task comes before its destruction by `publish`.
    if (joiner_.compare_exchange_strong(expected, kDetached, std::memory_order_release,
                                        std::memory_order_acquire)) {
        return;  // `publish` has the last word
    }
    if (outcome_ == Outcome::Exception) [[unlikely]] {
        report_if_unhandled();
    }
    release_result();
}

void JoinCore::release_result() noexcept {
    if (references_.load(std::memory_order_acquire) == 1) {
        destroy();  // as below
    } else {
        drop_then_release();
    }
}

/// Somebody else refers to the task.
[[gnu::noinline]] void JoinCore::drop_then_release() noexcept {
    drop_result();
    release_reference();
}

[[gnu::noinline]] void JoinCore::report_if_unhandled() const noexcept {
    if (!observed_) {
        report_unhandled_exception(id_, stored_exception());
    }
}

void JoinCore::release_reference() noexcept {
    // A sole owner needs no read-modify-write: nobody else can add a reference any more. Acquire
    // pairs with the release below, so that the other owners' accesses come before the destruction.
    if (references_.load(std::memory_order_acquire) == 1) {
        destroy();
    } else {
        release_shared_reference();
    }
}

void JoinCore::release_shared_reference() noexcept {
    const std::uint32_t before = references_.fetch_sub(1, std::memory_order_acq_rel);
    if (before == (kHasExtras | 1U)) {
        drop_extras();
        destroy();
    } else if (before == 1) {
        destroy();
    }
}

}  // namespace edo::detail
