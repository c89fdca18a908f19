// SPDX-License-Identifier: MIT
// A list whose members leave it without knowing which list they are in.
#pragma once

namespace edo::detail {

/// A member of a `WaiterRing`, or of none. All links are guarded by the lock of the primitive.
class WaiterNode {
public:
    WaiterNode() noexcept {}  // without values until it is linked for the first time
    WaiterNode(const WaiterNode&) = delete;
    WaiterNode& operator=(const WaiterNode&) = delete;

    /// Only if it has been in a list at some time.
    [[nodiscard]] bool is_linked() const noexcept { return next_ != nullptr; }

    void unlink() noexcept {
        prev_->next_ = next_;
        next_->prev_ = prev_;
        next_ = nullptr;
    }

    /// For a node that was never linked itself, but stands for one that was.
    void set_unlinked() noexcept { next_ = nullptr; }

    /// Takes the place of another node, which is in no list afterwards.
    void replace(WaiterNode& other) noexcept {
        next_ = other.next_;
        prev_ = other.prev_;
        next_->prev_ = this;
        prev_->next_ = this;
        other.next_ = nullptr;
    }

protected:
    ~WaiterNode() = default;

private:
    friend class WaiterRing;

    WaiterNode* next_;
    WaiterNode* prev_;
};

/// A circular list. All of it can be moved to another ring at once, and each node can still leave.
class WaiterRing {
public:
    WaiterRing() noexcept {
        head_.next_ = &head_;
        head_.prev_ = &head_;
    }
    WaiterRing(const WaiterRing&) = delete;
    WaiterRing& operator=(const WaiterRing&) = delete;

    [[nodiscard]] bool empty() const noexcept { return head_.next_ == &head_; }

    void push_back(WaiterNode& node) noexcept {
        node.next_ = &head_;
        node.prev_ = head_.prev_;
        head_.prev_->next_ = &node;
        head_.prev_ = &node;
    }

    /// Takes the first one out; only if it is not empty.
    WaiterNode& pop_front() noexcept {
        WaiterNode& node = *head_.next_;
        head_.next_ = node.next_;
        node.next_->prev_ = &head_;
        node.next_ = nullptr;
        return node;
    }

    WaiterNode& pop_back() noexcept {
        WaiterNode& node = *head_.prev_;
        node.unlink();
        return node;
    }

    /// Moves all nodes of another ring into this empty one.
    void take_all(WaiterRing& other) noexcept {
        if (!other.empty()) {
            head_.replace(other.head_);
            other.head_.next_ = &other.head_;
            other.head_.prev_ = &other.head_;
        }
    }

private:
    class Head final : public WaiterNode {};

    Head head_;
};

}  // namespace edo::detail
