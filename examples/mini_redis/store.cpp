// SPDX-License-Identifier: MIT
#include "store.hpp"

#include <edo/runtime/select.hpp>
#include <edo/runtime/sleep.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace mini_redis {

namespace {

/// How many keys are removed while a lock is held.
constexpr int kBatch = 128;

std::optional<std::int64_t> to_number(const std::string& text) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stopped != end) {
        return std::nullopt;
    }
    return number;
}

}  // namespace

Value Store::get(std::string_view key) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto at = find(shard, key);
    return at == shard.entries.end() ? nullptr : at->second.value;
}

void Store::set(std::string_view key, Value value, std::optional<Milliseconds> time) {
    const edo::Instant deadline = time ? edo::now() + *time : kNever;
    Shard& shard = shard_of(key);
    bool is_earlier = false;
    {
        const std::lock_guard lock(shard.mutex);
        auto at = shard.entries.find(key);
        if (at == shard.entries.end()) {
            at = shard.entries.try_emplace(std::string(key)).first;
        }
        at->second.value.swap(value);  // the old one is freed without the lock
        is_earlier = set_deadline(shard, at, deadline);
    }
    if (is_earlier) {
        earlier_deadline_.notify_one();
    }
}

bool Store::remove(std::string_view key) {
    Value old;
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto at = find(shard, key);
    if (at == shard.entries.end()) {
        return false;
    }
    old = erase(shard, at);
    return true;
}

bool Store::contains(std::string_view key) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    return find(shard, key) != shard.entries.end();
}

bool Store::expire(std::string_view key, Milliseconds time) {
    if (time <= Milliseconds::zero()) {
        return remove(key);
    }
    const edo::Instant deadline = edo::now() + time;
    Shard& shard = shard_of(key);
    bool is_earlier = false;
    {
        const std::lock_guard lock(shard.mutex);
        const auto at = find(shard, key);
        if (at == shard.entries.end()) {
            return false;
        }
        is_earlier = set_deadline(shard, at, deadline);
    }
    if (is_earlier) {
        earlier_deadline_.notify_one();
    }
    return true;
}

Store::TimeLeft Store::time_left(std::string_view key) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto at = find(shard, key);
    TimeLeft left;
    left.exists = at != shard.entries.end();
    if (left.exists && at->second.expires != kNever) {
        left.time = std::chrono::ceil<Milliseconds>(at->second.expires - edo::now());
    }
    return left;
}

edo::Result<std::int64_t, Store::IncrementError> Store::increment(std::string_view key) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    auto at = find(shard, key);
    if (at == shard.entries.end()) {
        at = shard.entries.try_emplace(std::string(key)).first;
        static_cast<void>(set_deadline(shard, at, kNever));  // it may be one that has expired
        at->second.value = std::make_shared<const std::string>("1");
        return 1;
    }
    const std::optional<std::int64_t> number = to_number(*at->second.value);
    if (!number) {
        return edo::failure(IncrementError::NotANumber);
    }
    if (*number == std::numeric_limits<std::int64_t>::max()) {
        return edo::failure(IncrementError::Overflow);
    }
    at->second.value = std::make_shared<const std::string>(std::to_string(*number + 1));
    return *number + 1;
}

edo::Task<void> Store::remove_expired() {
    for (;;) {
        edo::Instant next = kNever;
        for (Shard& shard : shards_) {
            next = std::min(next, remove_expired(shard));
        }
        // A notification that came meanwhile is remembered, and ends the wait at once.
        if (next <= edo::now()) {
            co_await edo::yield_now();
        } else if (next == kNever) {
            co_await earlier_deadline_.notified();
        } else {
            co_await edo::select(edo::sleep_until(next), earlier_deadline_.notified());
        }
    }
}

Store::Shard& Store::shard_of(std::string_view key) {
    // The upper bits: the map of the shard uses the lower ones.
    return shards_[(KeyHash()(key) >> 48) % kShards];
}

/// An entry that has expired counts as none.
Store::Entries::iterator Store::find(Shard& shard, std::string_view key) {
    const auto at = shard.entries.find(key);
    const bool has_expired = at != shard.entries.end() && at->second.expires != kNever &&
                             at->second.expires <= edo::now();
    return has_expired ? shard.entries.end() : at;
}

/// Returns whether the shard has to be looked at earlier than before.
bool Store::set_deadline(Shard& shard, Entries::iterator at, edo::Instant deadline) {
    auto& [key, entry] = *at;
    if (entry.expires != kNever) {
        shard.deadlines.erase({entry.expires, key});
    }
    entry.expires = deadline;
    if (deadline == kNever) {
        return false;
    }
    const auto added = shard.deadlines.emplace(deadline, key).first;
    return added == shard.deadlines.begin();
}

/// Returns the value, to be freed without the lock.
Value Store::erase(Shard& shard, Entries::iterator at) {
    static_cast<void>(set_deadline(shard, at, kNever));
    Value value = std::move(at->second.value);
    shard.entries.erase(at);
    return value;
}

/// Removes one batch. Returns the next deadline, which may have passed.
edo::Instant Store::remove_expired(Shard& shard) {
    std::array<Value, kBatch> removed;  // freed without the lock
    const std::lock_guard lock(shard.mutex);
    if (shard.deadlines.empty()) {
        return kNever;
    }
    const edo::Instant now = edo::now();
    for (Value& value : removed) {
        if (shard.deadlines.empty() || shard.deadlines.begin()->first > now) {
            break;
        }
        value = erase(shard, shard.entries.find(shard.deadlines.begin()->second));
    }
    return shard.deadlines.empty() ? kNever : shard.deadlines.begin()->first;
}

}  // namespace mini_redis
