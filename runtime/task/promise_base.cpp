// SPDX-License-Identifier: MIT
#include "edo/runtime/task/promise_base.hpp"

#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/task/group.hpp"

namespace edo::detail {

PromiseBase* PromiseBase::parent() const noexcept {
    switch (up_.to()) {
        case Up::To::Call:
            return up_.call().parent_;
        case Up::To::Branch:
            return &up_.branch().group().parent();
        case Up::To::Nobody:
        case Up::To::Task:
        case Up::To::Orphan:
            break;
    }
    return nullptr;
}

std::coroutine_handle<> PromiseBase::complete() noexcept {
    down_ = Down::end();
    switch (up_.to()) {
        case Up::To::Call:
            return up_.call().parent_->handle();
        case Up::To::Branch:
            return up_.branch().group().branch_done(up_.branch());
        case Up::To::Task:
            up_.task().set_root_done();
            break;
        case Up::To::Nobody:
        case Up::To::Orphan:
            break;
    }
    return std::noop_coroutine();
}

void destroy_suspended_frames(PromiseBase& top) noexcept {
    PromiseBase* frame = &top;
    for (;;) {
        Group* const group = frame->down().group();
        PromiseBase* const below =
            group != nullptr ? group->next_to_destroy() : frame->down().child();
        if (below != nullptr) {
            frame = below;
            continue;
        }
        if (frame == &top) {
            top.handle().destroy();
            return;
        }
        PromiseBase* const parent = frame->parent();
        if (frame->up().to() == Up::To::Call) {
            frame->up().call().child_ = nullptr;
            parent->set_down(Down());
        } else {
            frame->up().branch().child_ = nullptr;
        }
        frame->handle().destroy();
        frame = parent;
    }
}

}  // namespace edo::detail
