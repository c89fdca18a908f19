// SPDX-License-Identifier: MIT
// The keys and their values.
#pragma once

#include "key_hash.hpp"
#include <edo/runtime/result.hpp>
#include <edo/runtime/sync/notify.hpp>
#include <edo/runtime/task/task.hpp>
#include <edo/runtime/time/instant.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace mini_redis {

/// A value is never changed, only replaced: who has got it can send it without a lock.
using Value = std::shared_ptr<const std::string>;

/// A map that any number of tasks use at once.
///
/// It is made of parts, each behind a mutex of its own, which is held for a few instructions and
/// never across a `co_await`: so it is a plain `std::mutex`.
///
/// A key that has expired is gone for all functions from that moment on; `remove_expired` frees its
/// memory soon after.
class Store {
public:
    using Milliseconds = std::chrono::milliseconds;

    /// What is left of a key's time.
    struct TimeLeft {
        bool exists = false;
        std::optional<Milliseconds> time;  ///< none if the key does not expire
    };
    enum class IncrementError : std::uint8_t { NotANumber, Overflow };

    /// The longest time to live: a hundred years.
    static constexpr Milliseconds kLongestTime = std::chrono::hours(24 * 36'525);

    /// Null if there is none.
    [[nodiscard]] Value get(std::string_view key);
    /// A value that was there is replaced, and its time to live with it.
    /// @param time At most `kLongestTime`.
    void set(std::string_view key, Value value, std::optional<Milliseconds> time);
    /// Whether there was one.
    bool remove(std::string_view key);
    [[nodiscard]] bool contains(std::string_view key);
    /// Sets the time to live; one that is not positive removes the key. Returns whether there was
    /// one.
    bool expire(std::string_view key, Milliseconds time);
    [[nodiscard]] TimeLeft time_left(std::string_view key);
    /// Adds 1 to a number, 0 if there is none; its time to live stays.
    edo::Result<std::int64_t, IncrementError> increment(std::string_view key);

    /// Removes what has expired, when it has expired. To be run by one task; never ends.
    [[nodiscard]] edo::Task<void> remove_expired();

private:
    struct Entry {
        Value value;
        edo::Instant expires = kNever;
    };
    using Entries = std::unordered_map<std::string, Entry, KeyHash, std::equal_to<>>;
    struct alignas(64) Shard {
        std::mutex mutex;
        Entries entries;
        std::set<std::pair<edo::Instant, std::string>> deadlines;  // of entries that expire
    };

    static constexpr edo::Instant kNever = edo::Instant::max();
    static constexpr std::size_t kShards = 64;

    [[nodiscard]] Shard& shard_of(std::string_view key);
    static Entries::iterator find(Shard& shard, std::string_view key);
    [[nodiscard]] static bool set_deadline(Shard& shard, Entries::iterator at,
                                           edo::Instant deadline);
    static Value erase(Shard& shard, Entries::iterator at);
    static edo::Instant remove_expired(Shard& shard);

    std::array<Shard, kShards> shards_;
    edo::sync::Notify earlier_deadline_;
};

}  // namespace mini_redis
