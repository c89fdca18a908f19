// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/handle.hpp"
#include "edo/runtime/spawn_place.hpp"
#include "edo/runtime/task/cell_with.hpp"
#include "edo/runtime/task/join_set_core.hpp"
#include "edo/runtime/task/wait_on.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace edo {

/// A `JoinSet` whose tasks have names: at most one task for each key.
///
/// A task that is spawned with the key of another one replaces it: the old one is aborted, and its
/// result is dropped, even if it has ended already. A task keeps its key until it is joined.
/// Dropping the map aborts all tasks and does not wait for them.
///
/// @tparam K The type of keys: copied, hashed and compared as by `std::unordered_map`.
/// @tparam T The value of each task, or void.
///
/// @par Cancel safety
/// `join_next` is cancel safe: no result is lost.
///
/// @par Thread safety
/// None: one task at a time uses the map. Its tasks run on all workers.
///
/// @par Misuse
/// Any use of a moved-from map but assignment and destruction throws `UsageError`; so does a wait
/// whose map is destroyed, or assigned to, by another branch of the task.
///
/// @par Example
/// @snippet tasks.cpp join_map
///
/// @see JoinSet
template <class K, class T = void, class Hash = std::hash<K>, class Equal = std::equal_to<K>>
class JoinMap {
public:
    explicit JoinMap(Hash hash = Hash(), Equal equal = Equal())
        : state_(std::make_unique<State>(std::move(hash), std::move(equal))) {}
    JoinMap(JoinMap&&) noexcept = default;
    /// Aborts the tasks that the map had before.
    JoinMap& operator=(JoinMap&&) noexcept = default;
    /// Aborts all tasks, and does not wait for them.
    ~JoinMap() = default;

    /// Starts a task under a key: a `Task<T>`, or a callable that returns one with its arguments.
    /// @return A handle to abort this task; it may be dropped.
    /// @throws NoRuntimeError if the calling thread is not inside a runtime; the old task stays
    ///     then.
    template <class... Args>
        requires detail::SpawnsA<T, Args...>
    AbortHandle spawn(K key, Args&&... args) {
        return start(detail::SpawnPlace(detail::current_scheduler("JoinMap::spawn")),
                     std::move(key), std::forward<Args>(args)...);
    }
    /// The same on another runtime.
    template <class... Args>
        requires detail::SpawnsA<T, Args...>
    AbortHandle spawn_on(const Handle& runtime, K key, Args&&... args) {
        return start(detail::SpawnPlace(runtime.scheduler()), std::move(key),
                     std::forward<Args>(args)...);
    }
    /// The same in the local set of the caller, as `edo::spawn_local`.
    /// @throws UsageError if there is no local set here.
    template <class... Args>
        requires detail::SpawnsA<T, Args...>
    AbortHandle spawn_local(K key, Args&&... args) {
        return start(detail::SpawnPlace(detail::current_local_tasks()), std::move(key),
                     std::forward<Args>(args)...);
    }
    /// The same in that local set.
    template <class... Args>
        requires detail::SpawnsA<T, Args...>
    AbortHandle spawn_local_on(LocalSet& set, K key, Args&&... args) {
        return start(detail::SpawnPlace(set), std::move(key), std::forward<Args>(args)...);
    }
    /// Runs a blocking function under a key; see `JoinSet::spawn_blocking`.
    template <class Function>
        requires std::same_as<detail::BlockingValue<Function>, T>
    AbortHandle spawn_blocking(K key, Function&& function) {
        return start_blocking(detail::current_scheduler("JoinMap::spawn_blocking"), std::move(key),
                              std::forward<Function>(function));
    }
    template <class Function>
        requires std::same_as<detail::BlockingValue<Function>, T>
    AbortHandle spawn_blocking_on(const Handle& runtime, K key, Function&& function) {
        return start_blocking(runtime.scheduler(), std::move(key),
                              std::forward<Function>(function));
    }

    /// What `join_next` yields: the key of the task, and its result.
    using Joined = std::pair<K, JoinResult<T>>;

private:
    struct State;

public:
    class JoinNextAwaiter : public detail::JoinSetCore::Wait {
    public:
        explicit JoinNextAwaiter(State& state) noexcept : Wait(state.core), state_(&state) {}
        [[nodiscard]] std::optional<Joined> await_resume() {
            static_cast<void>(this->set());  // which is in the state
            return take(*state_);
        }

    private:
        State* state_;
    };
    using JoinNext = detail::WaitOn<JoinNextAwaiter, State>;
    /// Waits until a task has ended.
    /// @return Its key and result, or nothing if the map is empty.
    JoinNext join_next() { return JoinNext(state()); }
    /// The result of a task that has ended, without waiting; nothing if there is none.
    [[nodiscard]] std::optional<Joined> try_join_next() { return take(state()); }

    /// Asks the task with this key to end; it stays in the map, to be joined.
    /// @return Whether there was one that had not been joined.
    bool abort(const K& key) {
        const auto found = state().map.find(key);
        if (found == state().map.end()) {
            return false;
        }
        found->second->core().abort();
        return true;
    }
    /// Aborts the tasks for whose key `predicate(key)` is true.
    template <std::predicate<const K&> Predicate>
    void abort_matching(Predicate predicate) {
        for (auto& [key, entry] : state().map) {
            if (predicate(key)) {
                entry->core().abort();
            }
        }
    }
    /// Aborts all tasks. They stay in the map, to be joined.
    void abort_all() { state().core.abort_all(); }

    /// Lets all tasks go on alone, and empties the map.
    void detach_all() {
        state().core.detach_all();
        state().map.clear();
    }

    /// Aborts all tasks and waits until they have ended. Their results are dropped.
    [[nodiscard]] Task<void> shutdown() { return shut_down(state()); }

    /// Whether there is a task with this key that was not joined, ended or not.
    [[nodiscard]] bool contains(const K& key) const { return state().map.contains(key); }
    /// Whether there is a task with this id that was not joined, ended or not. Looks at all tasks.
    [[nodiscard]] bool contains_task(TaskId id) const {
        const Map& map = state().map;
        return std::any_of(map.begin(), map.end(), [id](const auto& member) {
            return member.second->core().id() == id.value();
        });
    }
    /// The keys of all tasks that were not joined, in no order.
    [[nodiscard]] std::vector<K> keys() const {
        std::vector<K> keys;
        keys.reserve(state().map.size());
        for (const auto& [key, entry] : state().map) {
            keys.push_back(key);
        }
        return keys;
    }

    /// The number of tasks that were not joined yet, ended or not.
    [[nodiscard]] std::size_t size() const noexcept {
        return state_ != nullptr ? state_->map.size() : 0;
    }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// Makes room for `count` tasks in all, so that none of them has to move the map.
    void reserve(std::size_t count) { state().map.reserve(count); }
    /// Gives back memory that the tasks in the map do not need.
    void shrink_to_fit() { state().map.rehash(0); }

private:
    using Map = std::unordered_map<K, detail::JoinSetEntry*, Hash, Equal>;
    struct State {
        State(Hash hash, Equal equal) : map(0, std::move(hash), std::move(equal)) {}
        detail::JoinSetCore core;
        Map map;  // an entry's key is in the map's node, which stays where it is
    };

    [[nodiscard]] State& state() const {
        if (state_ == nullptr) {
            throw UsageError("edo: this JoinMap was moved from: assign a new one to it");
        }
        return *state_;
    }

    /// Makes a cell or a job that is not started, under a key, and in place of another task.
    template <class Make>
    auto insert(K key, Make make) {
        auto& [kept, entry] = *state().map.try_emplace(std::move(key), nullptr).first;
        try {
            auto made = make();
            made->node().set_slot(made->result());
            made->node().set_key(&kept);
            if (entry != nullptr) {
                state_->core.discard(*entry);
            }
            entry = &made->node();
            state_->core.add(*entry);
            return made;
        } catch (...) {
            if (entry == nullptr) {
                state_->map.erase(kept);
            }
            throw;
        }
    }

    template <class... Args>
    AbortHandle start(const detail::SpawnPlace& place, K key, Args&&... args) {
        auto* const cell = insert(std::move(key), [&] {
            return detail::make_cell<detail::JoinSetEntry>(place.owner(),
                                                           detail::JoinSetEntry::Init(state().core),
                                                           std::forward<Args>(args)...);
        });
        AbortHandle handle(*cell);
        place.queue(*cell);
        return handle;
    }

    template <class Function>
    AbortHandle start_blocking(detail::Scheduler& scheduler, K key, Function&& function) {
        auto job = insert(std::move(key), [&] {
            return detail::make_job<detail::JoinSetEntry>(detail::JoinSetEntry::Init(state().core),
                                                          std::forward<Function>(function));
        });
        AbortHandle handle(*job);
        try {
            detail::spawn_blocking_on(scheduler, *job);
        } catch (...) {
            state_->core.remove(job->node());
            state_->map.erase(*static_cast<const K*>(job->node().key()));
            handle = AbortHandle();  // its reference goes before the job
            throw;
        }
        job.release();  // NOLINT: counted from here on
        return handle;
    }

    static std::optional<Joined> take(State& state) {
        detail::JoinSetEntry* const entry = state.core.pop();
        if (entry == nullptr) {
            return std::nullopt;
        }
        auto node = state.map.extract(*static_cast<const K*>(entry->key()));
        return Joined(std::move(node.key()),
                      detail::take_result<T>(entry->core(), entry->slot<T>()));
    }

    static Task<void> shut_down(State& state) {
        state.core.abort_all();
        for (;;) {
            const std::optional<Joined> next = co_await JoinNext(state);
            if (!next) {
                break;
            }
        }
    }

    std::unique_ptr<State> state_;
};

}  // namespace edo
