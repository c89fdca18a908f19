// SPDX-License-Identifier: MIT
#include "edo/runtime/task/group.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/task_core.hpp"

namespace edo::detail {

/// Runs the coroutine for the first time, or reports at once that it finished earlier, as a
/// borrowed branch that went on after a previous group.
std::coroutine_handle<> Branch::begin(HookLeaf& leaf) noexcept {
    auto& branch = static_cast<Branch&>(leaf);
    if (branch.is_done()) {
        return branch.group_->branch_done(branch);
    }
    return branch.child_->handle();
}

void Branch::drop() noexcept {
    const bool was_started = !is_suspended();
    if (!was_started) {
        withdraw();
    }
    if (child_ == nullptr) {
        return;
    }
    PromiseBase& child = *child_;
    child_ = nullptr;
    if (!borrowed_) {
        destroy_frames(child);
    } else if (!child.is_done() && child.up().to() == Up::To::Branch) {
        // It goes on without anybody waiting for it, or waits to be started by the next who awaits.
        child.set_up(was_started ? Up::orphan_of(*tls_context.task) : Up());
    }
}

Group::~Group() {
    end();
}

void Group::end() noexcept {
    if (task_ != nullptr) {
        task_->remove_priority_group();
        task_ = nullptr;
    }
}

void Group::start(PromiseBase& parent, std::size_t first) noexcept {
    const Context& c = tls_context;
    ReadyList& ready = c.turn->ready;
    parent_ = &parent;
    parent.set_down(Down(*this));
    if (biased_) {
        task_ = c.task;
        task_->add_priority_group();
    }
    Leaf* const position = ready.front();  // before what was ready already: depth first
    std::size_t at = first;
    for (std::size_t i = 0; i < size_; ++i) {
        Branch& branch = branches_[at];
        at = at + 1 == size_ ? 0 : at + 1;
        branch.group_ = this;
        PromiseBase& child = *branch.child_;
        const bool goes_on = child.is_started() && !branch.is_done();
        child.set_up(Up(branch));
        if (!goes_on) {
            branch.bind(child.handle());
            branch.make_ready(ready, position);
        }
    }
}

void Group::drop_others(const Branch* winner) noexcept {
    end();
    for (std::size_t i = 0; i < size_; ++i) {
        if (&branches_[i] != winner) {
            branches_[i].drop();
        }
    }
}

PromiseBase* Group::next_to_destroy() noexcept {
    for (; next_to_destroy_ < size_; ++next_to_destroy_) {
        Branch& branch = branches_[next_to_destroy_];
        if (branch.child_ == nullptr) {
            continue;
        }
        if (!branch.borrowed_ && !branch.is_done()) {
            if (branch.is_suspended()) {
                branch.withdraw();
            }
            return branch.child_;
        }
        branch.drop();
    }
    return nullptr;
}

namespace {

/// Depth of a frame below the root of its task, counted in frames.
std::size_t depth_of(const PromiseBase* frame) noexcept {
    std::size_t depth = 0;
    for (; frame != nullptr; frame = frame->parent()) {
        ++depth;
    }
    return depth;
}

/// Of two branches of one group.
bool is_before(const Branch& a, const Branch& b) noexcept {
    return a.group().is_biased() && &a < &b;
}

/// Whether `a` must go before `b`, both ready and `b` woken first: they are in branches of one
/// biased group, at the level where their ways to the root meet.
bool goes_before(const Leaf& a, const Leaf& b) noexcept {
    const PromiseBase* x = &promise_of(a.handle());
    const PromiseBase* y = &promise_of(b.handle());
    if (x->up().to() == Up::To::Branch && y->up().to() == Up::To::Branch) {
        const Branch& branch_x = x->up().branch();
        const Branch& branch_y = y->up().branch();
        if (&branch_x.group() == &branch_y.group()) {  // often: both are about to be started
            return is_before(branch_x, branch_y);
        }
    }
    std::size_t depth_x = depth_of(x);
    std::size_t depth_y = depth_of(y);
    const PromiseBase* below_x = nullptr;
    const PromiseBase* below_y = nullptr;
    while (x != y) {
        const bool move_x = depth_x >= depth_y;
        const bool move_y = depth_y >= depth_x;
        if (move_x) {
            below_x = x;
            x = x->parent();
            --depth_x;
        }
        if (move_y) {
            below_y = y;
            y = y->parent();
            --depth_y;
        }
    }
    if (below_x == nullptr || below_y == nullptr || x == nullptr ||
        below_x->up().to() != Up::To::Branch || below_y->up().to() != Up::To::Branch) {
        return false;
    }
    return is_before(below_x->up().branch(), below_y->up().branch());
}

}  // namespace

Leaf& first_by_priority(const ReadyList& ready) noexcept {
    Leaf* best = ready.front();
    for (Leaf* leaf = ReadyList::next(*best); leaf != nullptr; leaf = ReadyList::next(*leaf)) {
        if (goes_before(*leaf, *best)) {
            best = leaf;
        }
    }
    return *best;
}

}  // namespace edo::detail
