// SPDX-License-Identifier: MIT
// The value of a watch channel, and how it is looked at: a small one that is copied byte by byte
// without a lock, every other one under the read lock.
#pragma once

#include "edo/runtime/sync/atomic_bytes.hpp"
#include "edo/runtime/sync/watch_core.hpp"

#include <cstddef>
#include <new>
#include <utility>

namespace edo::detail {

template <class T>
class WatchChannel final : public WatchCore {
public:
    explicit WatchChannel(T initial) : value_(std::move(initial)) {}

    /// From here to `end_change` the caller may change the value.
    void begin_change() noexcept { lock.lock(); }
    [[nodiscard]] T& value() noexcept { return value_; }
    /// The same, or under the read lock.
    [[nodiscard]] const T& value() const noexcept { return value_; }
    /// The value counts as another one if it `has_changed`.
    void end_change(bool has_changed) noexcept {
        if (has_changed) {
            count_change();
        }
        lock.unlock();
    }

private:
    T value_;
};

/// A small value is kept twice: for those who write it, and to be copied, as in a sequence lock.
template <class T>
    requires kCopiedBytewise<T>
class WatchChannel<T> final : public WatchCore {
public:
    explicit WatchChannel(T initial) : value_(initial) { copied_.store(value_); }

    void begin_change() noexcept {
        lock.lock();
        hold();
    }
    [[nodiscard]] T& value() noexcept { return value_; }
    void end_change(bool has_changed) noexcept {
        write(begin_held_write(), has_changed);
        lock.unlock();
    }
    /// A change in a few instructions.
    void exchange(T& value) noexcept {
        Sequence sequence = 0;
        if (begin_write(sequence)) [[likely]] {
            swap_bytes(value);
            write(sequence, true);
        } else {
            begin_change();
            swap_bytes(value);
            end_change(true);
        }
    }

    /// Copies the value and returns its version.
    Version read(std::byte* to) const noexcept {
        for (;;) {
            const Sequence begun = begin_copy();
            copied_.load(to);
            const Version version = this->version();
            if (is_whole(begun)) [[likely]] {
                return version;
            }
        }
    }

private:
    void swap_bytes(T& value) noexcept {
        const T before(value_);
        value_ = value;
        value = before;
    }
    void write(Sequence sequence, bool has_changed) noexcept {
        copied_.store(value_);
        if (has_changed) {
            count_change();
        }
        end_write(sequence);
    }

    T value_;  // the writers'
    AtomicBytes<T> copied_;
};

/// A look at the value, which keeps it from being changed.
template <class T>
class WatchView {
public:
    explicit WatchView(WatchChannel<T>& channel) noexcept : channel_(&channel) {
        channel.lock.lock_shared();
    }
    WatchView(WatchView&& other) noexcept : channel_(std::exchange(other.channel_, nullptr)) {}
    WatchView& operator=(WatchView&& other) noexcept {
        std::swap(channel_, other.channel_);
        return *this;
    }
    ~WatchView() {
        if (channel_ != nullptr) {
            channel_->lock.unlock_shared();
        }
    }

    [[nodiscard]] const T& value() const noexcept { return std::as_const(*channel_).value(); }
    [[nodiscard]] WatchCore::Version version() const noexcept { return channel_->version(); }

private:
    WatchChannel<T>* channel_;
};

/// The same for a small value: a copy.
template <class T>
    requires kCopiedBytewise<T>
class WatchView<T> {
public:
    explicit WatchView(WatchChannel<T>& channel) noexcept : version_(channel.read(bytes_)) {}

    [[nodiscard]] const T& value() const noexcept {
        return *std::launder(reinterpret_cast<const T*>(bytes_));
    }
    [[nodiscard]] WatchCore::Version version() const noexcept { return version_; }

private:
    alignas(T) std::byte bytes_[sizeof(T)];
    WatchCore::Version version_;
};

}  // namespace edo::detail
