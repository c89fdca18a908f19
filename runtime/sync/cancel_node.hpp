// SPDX-License-Identifier: MIT
// The tree behind `CancellationToken`.
//
// All nodes of a tree share one lock. A node lives as long as a token refers to it, and sometimes
// longer: what is cancelled above it must reach what is below it. A node without tokens
//
//   without children   is freed;
//   with one child     is freed, and the child takes its place;
//   with more          stays, until only one child is left.
//
// So there are never more nodes than twice the number of those with tokens, however long the tree
// lives and however deep it was; each removal takes constant time; and nothing recurses.
#pragma once

#include "edo/runtime/core/frame_pool.hpp"
#include "edo/runtime/core/leaf.hpp"

#include <atomic>
#include <cstddef>

namespace edo::detail {

class CancelTree;

class CancelNode final : public Pooled {
public:
    CancelNode(const CancelNode&) = delete;
    CancelNode& operator=(const CancelNode&) = delete;

    /// A new node, with one token.
    [[nodiscard]] static CancelNode& make_root();
    [[nodiscard]] CancelNode& make_child();

    void add_token() noexcept { tokens_.fetch_add(1, std::memory_order_relaxed); }
    void drop_token() noexcept {
        // Release: what was done with the token comes before the node is freed; acquire: so that
        // the thread that frees it sees it.
        if (tokens_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            remove();
        }
    }

    [[nodiscard]] bool is_cancelled() const noexcept {
        // Acquire pairs with the release in `cancel`: what was done before is seen.
        return cancelled_.load(std::memory_order_acquire);
    }
    /// Marks the node and all below it, then wakes those who wait for any of them.
    void cancel() noexcept;

    /// Links a waiting leaf, unless the node is cancelled. Whoever waits has a token.
    bool add_waiter(Leaf& leaf) noexcept;
    /// Takes back a leaf that was linked once. Only the thread that runs its task.
    void remove_waiter(Leaf& leaf) noexcept;

private:
    friend class CancelTree;

    CancelNode(CancelTree& tree, CancelNode* parent) noexcept : tree_(&tree), parent_(parent) {}

    void remove() noexcept;

    std::atomic<std::size_t> tokens_{1};
    std::atomic<bool> cancelled_{false};  // set under the lock, once
    bool is_dead_ = false;                // no token is left; like all below guarded by the lock
    CancelTree* const tree_;
    CancelNode* parent_;
    CancelNode* first_child_ = nullptr;
    CancelNode* next_ = nullptr;  // siblings
    CancelNode* prev_ = nullptr;
    LeafList waiters_;
};

}  // namespace edo::detail
