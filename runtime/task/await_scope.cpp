// SPDX-License-Identifier: MIT
#include "edo/runtime/task/await_scope.hpp"

#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/core/task_extras.hpp"
#include "edo/runtime/task/group.hpp"

namespace edo::detail {

AwaitScope* AwaitScope::outer() const noexcept {
    return place_ == Place::Frame ? scope_of(static_cast<const FrameScope*>(this)->parent())
                                  : outer_;
}

AwaitScope* scope_of(const PromiseBase& frame) noexcept {
    const PromiseBase* at = &frame;
    for (;;) {
        const Up up = at->up();
        switch (up.to()) {
            case Up::To::Scope:
                return &up.scope();
            case Up::To::Call:
            case Up::To::Branch:
            case Up::To::Fork:
                at = at->parent();
                break;
            case Up::To::Task:
            case Up::To::Orphan:
                return up.task().inherited();
            case Up::To::Nobody:
                return nullptr;
        }
    }
}

void switch_scope(AwaitScope* scope) noexcept {
    Context& c = tls_context;
    c.scope = scope;
    const bool unconstrained = scope != nullptr && scope->is_unconstrained();
    if (unconstrained != (c.budget >= kUnconstrained)) {
        if (unconstrained) {
            c.turn->kept_budget = c.budget;
            c.budget = ~std::uint32_t{0};
        } else {
            c.budget = c.turn->kept_budget;
        }
    }
}

AwaitScope* find_scope(const ScopeKey& key) noexcept {
    AwaitScope* scope = tls_context.scope;
    while (scope != nullptr && &scope->key() != &key) {
        scope = scope->outer();
    }
    return scope;
}

namespace {

bool holds(Inherited* values, const ScopeKey& key) noexcept {
    while (values != nullptr && &values->scope().key() != &key) {
        values = values->next.get();
    }
    return values != nullptr;
}

}  // namespace

std::unique_ptr<Inherited> inherit_values() {
    std::unique_ptr<Inherited> first;
    Inherited* last = nullptr;
    for (AwaitScope* scope = tls_context.scope; scope != nullptr; scope = scope->outer()) {
        const ScopeKey::HandOn hand_on = scope->key().hand_on();
        if (hand_on == nullptr || holds(first.get(), scope->key())) {
            continue;  // not handed on, or shadowed
        }
        std::unique_ptr<Inherited> value = hand_on(*scope);
        Inherited* const added = value.get();
        if (last != nullptr) {
            last->scope().set_outer(&added->scope());
            last->next = std::move(value);
        } else {
            first = std::move(value);
        }
        last = added;
    }
    return first;
}

void add_extras(TaskCore& task, const TaskName* name) {
    std::unique_ptr<Inherited> values = inherit_values();
    if (name != nullptr || values != nullptr) {
        task.set_extras(
            std::make_unique<TaskExtras>(name != nullptr ? *name : TaskName(), std::move(values)));
    }
}

std::coroutine_handle<> FrameScope::await_suspend(TaskHandle parent) noexcept {
    const std::coroutine_handle<> next = enter(parent.promise());
    child()->set_up(Up(*this));
    const AwaitScope* const around = tls_context.scope;
    if (around != nullptr && around->is_unconstrained()) {
        set_unconstrained(true);
    }
    tls_context.task->set_scoped();
    switch_scope(this);
    return next;
}

void FrameScope::leave() noexcept {
    switch_scope(outer());
}

FrameScope::~FrameScope() {
    if (child_ != nullptr) {
        const ScopeKeeper keeper;
        tls_context.scope = this;
        destroy_frames(*std::exchange(child_, nullptr));
    }
}

}  // namespace edo::detail
