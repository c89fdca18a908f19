// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/time/delay_heap.hpp"
#include "edo/runtime/time/instant.hpp"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace edo {

/// An entry that has left a `DelayQueue`.
template <class T>
class Expired {
public:
    Expired(DelayKey key, Instant deadline, T entry)
        : value(std::move(entry)), key_(key), deadline_(deadline) {}

    /// The key that it had.
    [[nodiscard]] DelayKey key() const noexcept { return key_; }
    [[nodiscard]] Instant deadline() const noexcept { return deadline_; }

    T value;

private:
    DelayKey key_;
    Instant deadline_;
};

/// Values that come out when their time has come: cache entries, sessions, retries.
///
/// However many entries there are, one timer is armed, and only while somebody waits in `next`.
/// Insertion, removal and reset take logarithmic time.
///
/// @tparam T Any type that can be moved.
///
/// @par Thread safety
/// None. While a branch of a task waits in `next`, other branches of that task may change the
/// queue; it wakes up for what they do. Other tasks must not.
///
/// @par Misuse
/// A key of an entry that is gone, two calls of `next` at once, and changes from another task while
/// one waits, throw `UsageError`. The queue must not be moved or destroyed while somebody waits.
///
/// @par Example
/// @snippet interval.cpp delay_queue
template <class T>
class DelayQueue {
    class NextWait;

public:
    using Key = DelayKey;

    DelayQueue() = default;

    /// Adds a value that expires after `delay`.
    /// @return Its key. Keys of entries that are gone may come up again after four billion
    ///     insertions.
    Key insert(T value, Duration delay) {
        return insert_at(std::move(value), detail::saturating_add(now(), delay));
    }
    /// Adds a value that expires at `deadline`, a time of `edo::now()`.
    Key insert_at(T value, Instant deadline) {
        heap_.check_may_change();
        std::optional<T> kept(std::move(value));
        const Key key = heap_.insert(deadline);
        const std::size_t slot = detail::DelayHeap::slot(key);
        try {
            if (values_.size() <= slot) {
                values_.resize(slot + 1);
            }
            values_[slot] = std::move(kept);
        } catch (...) {
            heap_.remove(key);
            throw;
        }
        return key;
    }

    /// Takes an entry out before its time.
    /// @throws UsageError if it has expired or was removed already.
    Expired<T> remove(Key key) {
        heap_.check_contains(key);
        return take(key);
    }
    /// The same; `std::nullopt` where `remove` throws.
    std::optional<Expired<T>> try_remove(Key key) {
        if (!heap_.contains(key)) {
            return std::nullopt;
        }
        return take(key);
    }

    /// Lets an entry expire `delay` from now instead.
    /// @throws UsageError if it has expired or was removed already.
    void reset(Key key, Duration delay) { reset_at(key, detail::saturating_add(now(), delay)); }
    /// Lets an entry expire at `deadline` instead.
    void reset_at(Key key, Instant deadline) {
        heap_.check_may_change();
        heap_.check_contains(key);
        heap_.reset(key, deadline);
    }

    /// The entry that expires first, or `std::nullopt`.
    [[nodiscard]] std::optional<Key> peek() const noexcept {
        return heap_.empty() ? std::nullopt : std::optional<Key>(heap_.first());
    }
    /// When an entry expires.
    /// @throws UsageError if it has expired or was removed already.
    [[nodiscard]] Instant deadline(Key key) const {
        heap_.check_contains(key);
        return heap_.deadline(key);
    }
    [[nodiscard]] bool contains(Key key) const noexcept { return heap_.contains(key); }

    [[nodiscard]] std::size_t len() const noexcept { return heap_.size(); }
    [[nodiscard]] bool is_empty() const noexcept { return heap_.empty(); }
    /// Removes all entries. Their keys are unknown from here on.
    void clear() {
        heap_.check_may_change();
        heap_.clear();
        for (std::optional<T>& value : values_) {
            value.reset();
        }
    }
    /// Makes room for `count` entries.
    void reserve(std::size_t count) {
        heap_.reserve(count);
        values_.reserve(count);
    }
    /// How many entries there is room for.
    [[nodiscard]] std::size_t capacity() const noexcept { return values_.capacity(); }
    /// Gives back memory at the end of the store that no entry uses. Keys stay valid.
    void shrink_to_fit() {
        heap_.check_may_change();
        values_.resize(heap_.shrink_to_fit());
        values_.shrink_to_fit();
    }

    /// What `next` returns.
    class [[nodiscard("next() does nothing until it is awaited")]] Next {
    public:
        explicit Next(DelayQueue& queue) noexcept : queue_(&queue) {}
        NextWait operator co_await() const noexcept { return NextWait(*queue_); }

    private:
        DelayQueue* queue_;
    };

    /// Waits for the entry that expires first.
    ///
    /// @return The entry, or `std::nullopt` if there is none: at once, or when the last one was
    ///     removed meanwhile. The queue can be used again after that.
    /// @par Cancel safety
    /// Cancel safe: the entry stays in the queue.
    /// @throws NoRuntimeError when awaited outside a runtime; UsageError if the runtime is shut
    ///     down meanwhile.
    [[nodiscard]] Next next() noexcept { return Next(*this); }

private:
    class NextWait : public detail::DelayWait {
    public:
        explicit NextWait(DelayQueue& queue) noexcept : DelayWait(queue.heap_), queue_(queue) {}
        std::optional<Expired<T>> await_resume() {
            this->finish();
            if (this->heap().empty()) {
                return std::nullopt;
            }
            return queue_.take(this->heap().first());
        }

    private:
        DelayQueue& queue_;
    };

    Expired<T> take(Key key) {
        heap_.check_may_change();
        const Instant deadline = heap_.deadline(key);
        std::optional<T>& value = values_[heap_.remove(key)];
        Expired<T> expired(key, deadline, std::move(*value));
        value.reset();
        return expired;
    }

    detail::DelayHeap heap_;
    std::vector<std::optional<T>> values_;  // by slot
};

}  // namespace edo
