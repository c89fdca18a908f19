// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/handle.hpp"
#include "edo/runtime/spawn_place.hpp"
#include "edo/runtime/task/cell_with.hpp"
#include "edo/runtime/task/join_set_core.hpp"
#include "edo/runtime/task/wait_on.hpp"

#include <concepts>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo {

/// Tasks that yield a `T` each, joined in the order in which they end.
///
/// The set owns its tasks: dropping it aborts them all, and does not wait for their end; `shutdown`
/// does. A task that has ended keeps its result in the set until it is joined, or the set dropped.
/// Joining `n` tasks that have ended takes O(n).
///
/// @tparam T The value of each task, or void.
///
/// @par Cancel safety
/// `join_next` and `join_next_with_id` are cancel safe: no result is lost.
///
/// @par Thread safety
/// None: one task at a time uses the set. Its tasks run on all workers.
///
/// @par Misuse
/// Any use of a moved-from set but assignment and destruction throws `UsageError`; so does a wait
/// whose set is destroyed, or assigned to, by another branch of the task.
///
/// @par Example
/// @snippet tasks.cpp join_set
///
/// @see scope, JoinQueue, JoinMap, TaskTracker
template <class T = void>
class JoinSet {
public:
    JoinSet() : core_(std::make_unique<detail::JoinSetCore>()) {}
    JoinSet(JoinSet&&) noexcept = default;
    /// Aborts the tasks that the set had before.
    JoinSet& operator=(JoinSet&&) noexcept = default;
    /// Aborts all tasks, and does not wait for them.
    ~JoinSet() = default;

    /// Starts a task as a member: a `Task<T>`, or a callable that returns one with its arguments,
    /// as `edo::spawn` does.
    /// @return A handle to abort this task; it may be dropped.
    /// @throws NoRuntimeError if the calling thread is not inside a runtime.
    template <class... Args>
        requires detail::SpawnsA<T, Args...>
    AbortHandle spawn(Args&&... args) {
        return start(detail::SpawnPlace(detail::current_scheduler("JoinSet::spawn")),
                     std::forward<Args>(args)...);
    }
    /// The same on another runtime.
    template <class... Args>
        requires detail::SpawnsA<T, Args...>
    AbortHandle spawn_on(const Handle& runtime, Args&&... args) {
        return start(detail::SpawnPlace(runtime.scheduler()), std::forward<Args>(args)...);
    }
    /// The same in the local set of the caller, as `edo::spawn_local`.
    /// @throws UsageError if there is no local set here.
    template <class... Args>
        requires detail::SpawnsA<T, Args...>
    AbortHandle spawn_local(Args&&... args) {
        return start(detail::SpawnPlace(detail::current_local_tasks()),
                     std::forward<Args>(args)...);
    }
    /// The same in that local set.
    template <class... Args>
        requires detail::SpawnsA<T, Args...>
    AbortHandle spawn_local_on(LocalSet& set, Args&&... args) {
        return start(detail::SpawnPlace(set), std::forward<Args>(args)...);
    }
    /// Runs a blocking function as a member; see `edo::spawn_blocking`. Once it has started, an
    /// abort only triggers its stop token.
    template <class Function>
        requires std::same_as<detail::BlockingValue<Function>, T>
    AbortHandle spawn_blocking(Function&& function) {
        return start_blocking(detail::current_scheduler("JoinSet::spawn_blocking"), nullptr,
                              std::forward<Function>(function));
    }
    template <class Function>
        requires std::same_as<detail::BlockingValue<Function>, T>
    AbortHandle spawn_blocking_on(const Handle& runtime, Function&& function) {
        return start_blocking(runtime.scheduler(), nullptr, std::forward<Function>(function));
    }

    class Builder;
    /// Starts members that have a name; see `TaskBuilder`.
    /// @par Example
    /// @snippet tasks.cpp build_task
    [[nodiscard]] Builder build_task() { return Builder(*this); }

    class JoinNextAwaiter : public detail::JoinSetCore::Wait {
    public:
        using Wait::Wait;
        [[nodiscard]] std::optional<JoinResult<T>> await_resume() { return take(set()); }
    };
    using JoinNext = detail::WaitOn<JoinNextAwaiter, detail::JoinSetCore>;
    /// Waits until a task has ended.
    /// @return Its result, or nothing if the set is empty.
    JoinNext join_next() { return JoinNext(core()); }

    using ResultWithId = std::pair<TaskId, JoinResult<T>>;
    class JoinNextWithIdAwaiter : public detail::JoinSetCore::Wait {
    public:
        using Wait::Wait;
        [[nodiscard]] std::optional<ResultWithId> await_resume() { return take_with_id(set()); }
    };
    using JoinNextWithId = detail::WaitOn<JoinNextWithIdAwaiter, detail::JoinSetCore>;
    /// The same with the id of the task, by which `AbortHandle::id` tells them apart.
    JoinNextWithId join_next_with_id() { return JoinNextWithId(core()); }

    /// The result of a task that has ended, without waiting; nothing if there is none. A
    /// `join_next` that waits in another branch is not disturbed.
    [[nodiscard]] std::optional<JoinResult<T>> try_join_next() { return take(core()); }
    /// The same with the id of the task.
    [[nodiscard]] std::optional<ResultWithId> try_join_next_with_id() {
        return take_with_id(core());
    }

    /// Waits for all tasks.
    ///
    /// At the first task that failed or was aborted, the rest are aborted and leave the set, and
    /// its exception is thrown: the task's own, or, if it was aborted,
    /// `tl::bad_expected_access<JoinError>`.
    /// @return The values in the order in which the tasks ended; nothing if `T` is void.
    ///
    /// @par Cancel safety
    /// Not cancel safe: the values so far are lost. The other tasks stay in the set.
    [[nodiscard]] auto join_all() { return collect(core()); }

    /// Aborts all tasks. They stay in the set, to be joined.
    void abort_all() { core().abort_all(); }

    /// Lets all tasks go on alone, and empties the set.
    void detach_all() { core().detach_all(); }

    /// Aborts all tasks and waits until they have ended. Their results are dropped.
    [[nodiscard]] Task<void> shutdown() { return shut_down(core()); }

    /// The number of tasks that were not joined yet, ended or not.
    [[nodiscard]] std::size_t size() const noexcept { return core_ != nullptr ? core_->size() : 0; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

protected:
    explicit JoinSet(detail::JoinOrder order)
        : core_(std::make_unique<detail::JoinSetCore>(order)) {}

private:
    using Values = std::conditional_t<std::is_void_v<T>, Task<void>, Task<std::vector<NonVoid<T>>>>;

    [[nodiscard]] detail::JoinSetCore& core() const {
        if (core_ == nullptr) {
            throw UsageError("edo: this JoinSet was moved from: assign a new one to it");
        }
        return *core_;
    }

    template <class... Args>
    AbortHandle start(const detail::SpawnPlace& place, Args&&... args) {
        auto* const cell = detail::make_cell<detail::JoinSetEntry>(
            place.owner(), detail::JoinSetEntry::Init(core()), std::forward<Args>(args)...);
        AbortHandle handle(*cell);
        cell->node().set_slot(cell->result());
        core_->add(cell->node());
        place.queue(*cell);
        return handle;
    }

    template <class Function>
    AbortHandle start_blocking(detail::Scheduler& scheduler, const detail::TaskName* name,
                               Function&& function) {
        auto job = detail::make_job<detail::JoinSetEntry>(detail::JoinSetEntry::Init(core()),
                                                          std::forward<Function>(function));
        AbortHandle handle(*job);
        job->node().set_slot(job->result());
        core_->add(job->node());
        try {
            detail::spawn_blocking_on(scheduler, *job, name);
        } catch (...) {
            core_->remove(job->node());
            handle = AbortHandle();  // its reference goes before the job
            throw;
        }
        job.release();  // NOLINT: counted from here on
        return handle;
    }

    static JoinResult<T> take(detail::JoinSetEntry& entry) {
        return detail::take_result<T>(entry.core(), entry.slot<T>());
    }
    static std::optional<JoinResult<T>> take(detail::JoinSetCore& core) {
        detail::JoinSetEntry* const entry = core.pop();
        if (entry == nullptr) {
            return std::nullopt;
        }
        return take(*entry);
    }

    static std::optional<ResultWithId> take_with_id(detail::JoinSetCore& core) {
        detail::JoinSetEntry* const entry = core.pop();
        if (entry == nullptr) {
            return std::nullopt;
        }
        const TaskId id(entry->core().id());
        return ResultWithId(id, take(*entry));
    }

    static Values collect(detail::JoinSetCore& core);
    static Task<void> shut_down(detail::JoinSetCore& core);

    std::unique_ptr<detail::JoinSetCore> core_;
};

/// Starts members of a `JoinSet` that have a name, as `TaskBuilder` does for tasks. Made by
/// `JoinSet::build_task`; must not outlive the set. May spawn any number of tasks.
template <class T>
class JoinSet<T>::Builder {
public:
    /// What the tasks are called; need not be unique. The text is copied.
    Builder& name(std::string_view name) {
        name_ = name.empty() ? detail::TaskName() : detail::TaskName(name);
        return *this;
    }

    /// Like the functions of `JoinSet`.
    template <class... Args>
        requires detail::SpawnsA<T, Args...>
    AbortHandle spawn(Args&&... args) const {
        return start(detail::current_scheduler("JoinSet::spawn"), std::forward<Args>(args)...);
    }
    template <class... Args>
        requires detail::SpawnsA<T, Args...>
    AbortHandle spawn_on(const Handle& runtime, Args&&... args) const {
        return start(runtime.scheduler(), std::forward<Args>(args)...);
    }
    template <class... Args>
        requires detail::SpawnsA<T, Args...>
    AbortHandle spawn_local(Args&&... args) const {
        return start(detail::current_local_tasks(), std::forward<Args>(args)...);
    }
    template <class... Args>
        requires detail::SpawnsA<T, Args...>
    AbortHandle spawn_local_on(LocalSet& set, Args&&... args) const {
        return start(set, std::forward<Args>(args)...);
    }
    template <class Function>
        requires std::same_as<detail::BlockingValue<Function>, T>
    AbortHandle spawn_blocking(Function&& function) const {
        return set_->start_blocking(detail::current_scheduler("JoinSet::spawn_blocking"),
                                    given_name(), std::forward<Function>(function));
    }
    template <class Function>
        requires std::same_as<detail::BlockingValue<Function>, T>
    AbortHandle spawn_blocking_on(const Handle& runtime, Function&& function) const {
        return set_->start_blocking(runtime.scheduler(), given_name(),
                                    std::forward<Function>(function));
    }

private:
    friend class JoinSet;
    explicit Builder(JoinSet& set) noexcept : set_(&set) {}

    [[nodiscard]] const detail::TaskName* given_name() const noexcept {
        return name_.empty() ? nullptr : &name_;
    }
    template <class Where, class... Args>
    AbortHandle start(Where& where, Args&&... args) const {
        return set_->start(detail::SpawnPlace(where, given_name()), std::forward<Args>(args)...);
    }

    JoinSet* set_;
    detail::TaskName name_;
};

template <class T>
typename JoinSet<T>::Values JoinSet<T>::collect(detail::JoinSetCore& core) {
    std::vector<NonVoid<T>> values;
    for (;;) {
        std::optional<JoinResult<T>> next = co_await JoinNext(core);
        if (!next) {
            break;
        }
        if (!*next) {
            core.abort_and_drop();
            if (next->error().is_exception()) {
                next->error().rethrow();
            }
            throw tl::bad_expected_access<JoinError>(next->error());
        }
        if constexpr (!std::is_void_v<T>) {
            values.push_back(std::move(*next).value());
        }
    }
    if constexpr (!std::is_void_v<T>) {
        co_return values;
    }
}

template <class T>
Task<void> JoinSet<T>::shut_down(detail::JoinSetCore& core) {
    core.abort_all();
    for (;;) {
        const std::optional<JoinResult<T>> next = co_await JoinNext(core);
        if (!next) {
            break;
        }
    }
}

}  // namespace edo
