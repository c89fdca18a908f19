// SPDX-License-Identifier: MIT
// The first of any number of tasks: a `select` whose size is known at run time only.
#pragma once

#include "edo/runtime/scheduler/spawn_core.hpp"
#include "edo/runtime/task/branch_input.hpp"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace edo::detail {

template <class R>
class RaceAwaiter : public Group {
public:
    explicit RaceAwaiter(std::vector<BranchInput<R>>& inputs)
        : Group(&RaceAwaiter::on_done),
          inputs_(inputs),
          branches_(std::make_unique<Branch[]>(inputs.size())) {
        set_branches(branches_.get(), inputs.size());
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            inputs[i].move_to(branches_[i]);
        }
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(TaskHandle parent) noexcept {
        start(parent.promise(), random_below(unsigned(inputs_.size())));
    }
    std::pair<std::size_t, R> await_resume() {
        const std::size_t index = index_of(*winner_);
        return std::pair<std::size_t, R>(index, inputs_[index].take(*winner_));
    }

private:
    static std::coroutine_handle<> on_done(Group& group, Branch& branch) noexcept {
        auto& self = static_cast<RaceAwaiter&>(group);
        self.winner_ = &branch;
        self.drop_others(&branch);
        return self.resume_parent();
    }

    std::vector<BranchInput<R>>& inputs_;
    std::unique_ptr<Branch[]> branches_;
    Branch* winner_ = nullptr;
};

/// Awaits the first of the tasks to end, started in an order that begins anywhere; the others are
/// destroyed. Yields its index and its value. There must be at least one.
template <class R>
class [[nodiscard("a race does nothing until it is awaited")]] Race {
public:
    explicit Race(std::vector<BranchInput<R>> inputs) : inputs_(std::move(inputs)) {}
    RaceAwaiter<R> operator co_await() && {
        for (auto& input : inputs_) {
            input.check();
        }
        return RaceAwaiter<R>(inputs_);
    }

private:
    std::vector<BranchInput<R>> inputs_;
};

}  // namespace edo::detail
