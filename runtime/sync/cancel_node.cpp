// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/cancel_node.hpp"

#include "edo/runtime/sync/wake_batch.hpp"

#include <array>
#include <memory>
#include <mutex>

namespace edo::detail {

/// What the nodes of a tree share. Gone with the last of them.
class CancelTree {
public:
    CancelNode& add(CancelNode* parent);
    void remove(CancelNode& node) noexcept;
    void cancel(CancelNode& node) noexcept;
    bool add_waiter(CancelNode& node, Leaf& leaf) noexcept;
    void remove_waiter(CancelNode& node, Leaf& leaf) noexcept;

private:
    bool unlink(CancelNode& node) noexcept;
    void mark(CancelNode& top) noexcept;

    std::mutex lock_;
    std::size_t nodes_ = 0;
    LeafList woken_;  // of cancelled nodes, on their way out
};

// ---- the shape of the tree ---------------------------------------------------------------------

CancelNode& CancelTree::add(CancelNode* parent) {
    auto* const node = new CancelNode(*this, parent);
    const std::lock_guard guard(lock_);
    ++nodes_;
    if (parent != nullptr) {
        node->next_ = parent->first_child_;
        if (node->next_ != nullptr) {
            node->next_->prev_ = node;
        }
        parent->first_child_ = node;
        node->cancelled_.store(parent->is_cancelled(), std::memory_order_relaxed);
    }
    return *node;
}

/// Takes a dead node out of the tree if it has at most one child, which takes its place.
bool CancelTree::unlink(CancelNode& node) noexcept {
    CancelNode* const child = node.first_child_;
    if (child != nullptr && child->next_ != nullptr) {
        return false;
    }
    if (child != nullptr) {
        child->parent_ = node.parent_;
        child->next_ = node.next_;
        child->prev_ = node.prev_;
    }
    if (node.next_ != nullptr) {
        node.next_->prev_ = child != nullptr ? child : node.prev_;
    }
    CancelNode* const after = child != nullptr ? child : node.next_;
    if (node.prev_ != nullptr) {
        node.prev_->next_ = after;
    } else if (node.parent_ != nullptr) {
        node.parent_->first_child_ = after;
    }
    --nodes_;
    return true;
}

/// The last token of a node is gone.
void CancelTree::remove(CancelNode& node) noexcept {
    std::unique_ptr<CancelNode> freed;
    std::unique_ptr<CancelNode> freed_parent;
    std::unique_ptr<CancelTree> freed_tree;
    {
        const std::lock_guard guard(lock_);
        node.is_dead_ = true;
        CancelNode* const parent = node.parent_;
        if (unlink(node)) {
            freed.reset(&node);
            // A dead parent had at least two children. If it has one now, it goes, too; its own
            // parent has as many children as before.
            if (parent != nullptr && parent->is_dead_ && unlink(*parent)) {
                freed_parent.reset(parent);
            }
        }
        if (nodes_ == 0) {
            freed_tree.reset(this);  // nobody can come any more
        }
    }
}

// ---- cancelling --------------------------------------------------------------------------------

/// Marks a node and all below it, and collects those who wait. The caller holds the lock.
void CancelTree::mark(CancelNode& top) noexcept {
    CancelNode* node = &top;
    for (;;) {
        bool descend = false;
        if (!node->cancelled_.load(std::memory_order_relaxed)) {  // else all below it are, too
            node->cancelled_.store(true, std::memory_order_release);
            while (Leaf* const leaf = node->waiters_.pop_front()) {
                woken_.push_back(*leaf);
            }
            descend = node->first_child_ != nullptr;
        }
        if (descend) {
            node = node->first_child_;
            continue;
        }
        while (node != &top && node->next_ == nullptr) {
            node = node->parent_;
        }
        if (node == &top) {
            return;
        }
        node = node->next_;
    }
}

void CancelTree::cancel(CancelNode& node) noexcept {
    {
        // Also if it is cancelled already: the thread that does it may still be marking.
        const std::lock_guard guard(lock_);
        mark(node);
    }
    for (bool more = true; more;) {
        WakeBatch batch;
        {
            const std::lock_guard guard(lock_);
            while (!woken_.empty() && !batch.is_full()) {
                batch.add(*woken_.pop_front());
            }
            more = !woken_.empty();
        }
        batch.wake_all();
    }
}

bool CancelTree::add_waiter(CancelNode& node, Leaf& leaf) noexcept {
    const std::lock_guard guard(lock_);
    if (node.cancelled_.load(std::memory_order_relaxed)) {
        return false;
    }
    node.waiters_.push_back(leaf);
    return true;
}

void CancelTree::remove_waiter(CancelNode& node, Leaf& leaf) noexcept {
    {
        const std::lock_guard guard(lock_);
        if (leaf.is_linked()) {
            const bool cancelled = node.cancelled_.load(std::memory_order_relaxed);
            (cancelled ? woken_ : node.waiters_).remove(leaf);
            leaf.unbind();
            return;
        }
    }
    leaf.withdraw();
}

// ---- nodes -------------------------------------------------------------------------------------

CancelNode& CancelNode::make_root() {
    auto tree = std::make_unique<CancelTree>();
    CancelNode& root = tree->add(nullptr);
    tree.release();  // NOLINT: goes with its last node
    return root;
}

CancelNode& CancelNode::make_child() {
    return tree_->add(this);
}

void CancelNode::cancel() noexcept {
    tree_->cancel(*this);
}

bool CancelNode::add_waiter(Leaf& leaf) noexcept {
    return tree_->add_waiter(*this, leaf);
}

void CancelNode::remove_waiter(Leaf& leaf) noexcept {
    tree_->remove_waiter(*this, leaf);
}

void CancelNode::remove() noexcept {
    tree_->remove(*this);
}

}  // namespace edo::detail
