// SPDX-License-Identifier: MIT
// Task cells and blocking jobs that also hold a node of some collection of tasks, so that a member
// of the collection is one allocation.
#pragma once

#include "edo/runtime/task/task_cell.hpp"
#include "edo/runtime/task/task_factory.hpp"

#include <memory>
#include <type_traits>
#include <utility>

namespace edo::detail {

/// A cell that holds a `Node`, made of an `Init`. Once the coroutine and all it owned are
/// destroyed, and before the result is published, it calls `node.ended(outcome, result)`.
template <class Node, class T, class Cell>
class CellWith final : public Cell {
public:
    template <class... Args>
    CellWith(const typename Node::Init& init, TaskOwner& owner, Args&&... args)
        : Cell(owner, std::forward<Args>(args)...), node_(init, *this) {}

    [[nodiscard]] Node& node() noexcept { return node_; }

private:
    Outcome collect() noexcept override {
        const Outcome outcome = Cell::collect();
        node_.ended(outcome, this->result());
        return outcome;
    }
    bool end_detached() noexcept override { return false; }  // the node wants to know
    void cancel() noexcept override {
        Cell::cancel();
        node_.ended(Outcome::Cancelled, this->result());
    }
    ScopeChild* scope_child() noexcept override {
        if constexpr (requires(Node& node) { node.scope_child(); }) {
            return node_.scope_child();
        } else {
            return nullptr;
        }
    }

    Node node_;
};

/// The same for blocking functions.
template <class Node, class T, class Function>
class JobWith final : public FunctionJob<T, Function> {
public:
    template <class F>
    JobWith(const typename Node::Init& init, F&& function)
        : FunctionJob<T, Function>(std::forward<F>(function)), node_(init, *this) {}

    [[nodiscard]] Node& node() noexcept { return node_; }

private:
    Outcome call() noexcept override {
        const Outcome outcome = FunctionJob<T, Function>::call();
        node_.ended(outcome, this->result_);
        return outcome;
    }
    void drop_function() noexcept override {
        FunctionJob<T, Function>::drop_function();
        node_.ended(Outcome::Cancelled, this->result_);
    }

    Node node_;
};

/// The cell of a task that is not queued yet. The caller owns its first reference.
template <class Node, class T>
auto* make_cell(TaskOwner& owner, const typename Node::Init& init, Task<T> task) {
    check_can_spawn(task.promise());
    return new CellWith<Node, T, TaskCell<T>>(init, owner, std::move(task));
}
template <class Node, class Function, class... Args>
    requires TaskFactory<Function, Args...>
auto* make_cell(TaskOwner& owner, const typename Node::Init& init, Function&& function,
                Args&&... args) {
    using T = TaskValue<std::invoke_result_t<std::decay_t<Function>&, std::decay_t<Args>...>>;
    using Cell = CallableCell<T, std::decay_t<Function>, std::decay_t<Args>...>;
    return new CellWith<Node, T, Cell>(init, owner, std::forward<Function>(function),
                                       std::forward<Args>(args)...);
}

template <class Node, class Function>
auto make_job(const typename Node::Init& init, Function&& function) {
    using Job = JobWith<Node, BlockingValue<Function>, std::decay_t<Function>>;
    return std::make_unique<Job>(init, std::forward<Function>(function));
}

}  // namespace edo::detail
