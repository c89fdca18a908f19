// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/stream/race.hpp"
#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/task/task.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace edo::stream {

/// Any number of streams of one type as one stream, each with a key: connections, subscriptions.
///
/// A stream of pairs of the key and the value. What comes first is yielded first; when several have
/// something, the choice is random. A stream that ends is removed. The map is at its end when it is
/// empty, and can be used again when something was inserted.
///
/// Each `next` asks all streams, so that its time grows with their number: it is meant for up to
/// some hundreds. For more, spawn a task for each and let them send to one channel.
///
/// @tparam K The keys: comparable with `==` and copyable.
/// @tparam S The streams: rvalues, movable.
///
/// @par Thread safety
/// None.
/// @par Misuse
/// Changing the map while another branch of the task waits in `next` throws `UsageError`.
/// @par Example
/// @snippet stream.cpp stream_map
template <class K, Stream S>
class StreamMap {
public:
    using Item = std::pair<K, ItemOf<S>>;

    StreamMap() = default;

    /// Adds a stream.
    /// @return The stream that had the key before, if there was one.
    std::optional<S> insert(K key, S stream) {
        std::optional<S> old = remove(key);
        entries_.push_back(std::make_unique<Entry>(std::move(key), std::move(stream)));
        return old;
    }
    /// Takes a stream out.
    std::optional<S> remove(const K& key) {
        check_may_change();
        const auto entry = find(key);
        if (entry == entries_.end()) {
            return std::nullopt;
        }
        std::optional<S> stream(std::move((*entry)->stream));
        entries_.erase(entry);
        return stream;
    }
    /// Drops all streams.
    void clear() {
        check_may_change();
        entries_.clear();
    }

    [[nodiscard]] bool contains(const K& key) const { return find(key) != entries_.end(); }
    /// The stream with that key, or null.
    [[nodiscard]] S* get(const K& key) {
        const auto entry = find(key);
        return entry != entries_.end() ? &(*entry)->stream : nullptr;
    }
    [[nodiscard]] std::vector<K> keys() const {
        std::vector<K> keys;
        for (const auto& entry : entries_) {
            keys.push_back(entry->key);
        }
        return keys;
    }
    [[nodiscard]] std::size_t len() const noexcept { return entries_.size(); }
    [[nodiscard]] bool is_empty() const noexcept { return entries_.empty(); }

    /// The next value of any stream, with its key; `std::nullopt` if there is no stream.
    /// @par Cancel safety
    /// Cancel safe if the streams are, and only then right at all: whenever one of them yields,
    /// `next` of the others is dropped.
    [[nodiscard]] Task<std::optional<Item>> next() {
        const Waiting waiting(*this);
        while (!entries_.empty()) {
            auto first = co_await detail::Race<std::optional<ItemOf<S>>>(ask_all());
            if (first.second) {
                co_return std::optional<Item>(std::in_place, entries_[first.first]->key,
                                              std::move(*first.second));
            }
            entries_.erase(entries_.begin() + std::ptrdiff_t(first.first));
        }
        co_return std::nullopt;
    }

private:
    /// Stays where it is: what a stream does may refer to it.
    struct Entry {
        Entry(K k, S s) : key(std::move(k)), stream(std::move(s)) {}
        K key;
        S stream;
    };
    using Entries = std::vector<std::unique_ptr<Entry>>;

    class Waiting {
    public:
        explicit Waiting(StreamMap& map) : map_(map) {
            map.check_may_change();
            map.is_waited_for_ = true;
        }
        ~Waiting() { map_.is_waited_for_ = false; }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;

    private:
        StreamMap& map_;
    };

    void check_may_change() const {
        if (is_waited_for_) {
            throw UsageError(
                "edo: a StreamMap was used while another branch waits in `next`; drop that wait "
                "first, or change the map in the branch that waits");
        }
    }

    [[nodiscard]] auto find(const K& key) {
        return std::find_if(entries_.begin(), entries_.end(),
                            [&key](const auto& entry) { return entry->key == key; });
    }
    [[nodiscard]] auto find(const K& key) const {
        return std::find_if(entries_.begin(), entries_.end(),
                            [&key](const auto& entry) { return entry->key == key; });
    }

    [[nodiscard]] auto ask_all() {
        std::vector<detail::BranchInput<std::optional<ItemOf<S>>>> asked;
        asked.reserve(entries_.size());
        for (const auto& entry : entries_) {
            asked.push_back(detail::branch_input(entry->stream.next()));
        }
        return asked;
    }

    Entries entries_;
    bool is_waited_for_ = false;
};

}  // namespace edo::stream
