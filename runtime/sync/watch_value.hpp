// SPDX-License-Identifier: MIT
// The value of a watch channel, and how it is looked at: a small one that is copied byte by byte
// without a lock, every other one under the read lock.
#pragma once

#include "edo/runtime/sync/watch_core.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace edo::detail {

/// Up to a cache line.
template <class T>
inline constexpr bool kWatchedByCopy =
    std::is_trivially_copyable_v<T> && std::is_copy_constructible_v<T> && sizeof(T) <= 64;

/// The bytes of a value that is written by one thread at a time and copied by any, which find out
/// whether the copy is whole: a sequence lock. See H. Boehm, "Can seqlocks get along with
/// programming language memory models?", 2012.
template <class T>
class SequenceCopy {
public:
    explicit SequenceCopy(const T& value) noexcept {
        store(value, [] {});
    }

    /// Calls `meanwhile` in between: who loads sees either both, the value and what that has
    /// stored with release, or neither.
    template <class Meanwhile>
    void store(const T& value, Meanwhile meanwhile) noexcept {
        Bytes bytes{};
        std::memcpy(bytes.data(), &value, sizeof(T));
        const std::uint64_t before = sequence_.load(std::memory_order_relaxed);
        sequence_.store(before + 1, std::memory_order_relaxed);
        for (std::size_t i = 0; i < kWords; ++i) {
            words_[i].store(bytes[i], std::memory_order_release);  // see `load`
        }
        meanwhile();
        sequence_.store(before + 2, std::memory_order_release);
    }

    /// Copies the value to `to`, and calls `meanwhile`, which loads with acquire what the other one
    /// has stored. False if the value was being changed: then both are worth nothing.
    template <class Meanwhile>
    [[nodiscard]] bool load(std::byte* to, Meanwhile meanwhile) const noexcept {
        // Acquire pairs with the end of `store`: nothing older is read below. Whoever reads there
        // what a later `store` has written (acquire, release) finds its odd number in the end.
        const std::uint64_t before = sequence_.load(std::memory_order_acquire);
        Bytes bytes;
        for (std::size_t i = 0; i < kWords; ++i) {
            bytes[i] = words_[i].load(std::memory_order_acquire);
        }
        meanwhile();
        std::memcpy(to, bytes.data(), sizeof(T));
        return before % 2 == 0 && sequence_.load(std::memory_order_relaxed) == before;
    }

private:
    static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;
    using Bytes = std::array<std::uint64_t, kWords>;

    std::atomic<std::uint64_t> sequence_{0};
    std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

template <class T>
class WatchChannel final : public WatchCore {
public:
    explicit WatchChannel(T initial) : value_(std::move(initial)) {}

    /// Under the write lock.
    [[nodiscard]] T& value() noexcept { return value_; }
    /// Under one of the locks.
    [[nodiscard]] const T& value() const noexcept { return value_; }
    /// At the end of the write lock: the value may have been changed, and counts as another one if
    /// it `has_changed`.
    void publish(bool has_changed) noexcept {
        if (has_changed) {
            count_change();
        }
    }

private:
    T value_;
};

template <class T>
    requires kWatchedByCopy<T>
class WatchChannel<T> final : public WatchCore {
public:
    explicit WatchChannel(T initial) : value_(initial), copy_(value_) {}

    [[nodiscard]] T& value() noexcept { return value_; }
    void publish(bool has_changed) noexcept {
        copy_.store(value_, [this, has_changed] {
            if (has_changed) {
                count_change();
            }
        });
    }
    /// Copies the value and returns its version.
    Version read(std::byte* to) noexcept {
        Version version = 0;
        if (!copy_.load(to, [&] { version = this->version(); })) [[unlikely]] {
            lock.lock_shared();  // until the writer is done
            std::memcpy(to, &value_, sizeof(T));
            version = this->version();
            lock.unlock_shared();
        }
        return version;
    }

private:
    T value_;  // the writers', under `lock`
    SequenceCopy<T> copy_;
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
    requires kWatchedByCopy<T>
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
