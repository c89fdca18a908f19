// SPDX-License-Identifier: MIT
// The places in the code that do atomic operations, and what is weakened there.
#pragma once

#include "checker/memory.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace edo::model {

enum class Operation : std::uint8_t { Load, Store, Update, CompareAndSwap, Fence };
[[nodiscard]] const char* name_of(Operation operation) noexcept;
[[nodiscard]] const char* name_of(Order order) noexcept;

/// Which operations are made relaxed: those of a function whose line of source holds a text.
/// A fence is left out altogether.
struct Weakened {
    const char* function;  ///< part of the name, such as `LocalQueue::push`
    const char* text;      ///< part of the line, such as `tail_.store`
};

/// One line of source, to be weakened by a sweep.
struct SiteKey {
    std::string function;
    std::string file;
    unsigned line = 0;
    Operation operation{};
    Order order{};  ///< the strongest seen there
};

/// What is left of `order` when all beyond `most` is taken away.
[[nodiscard]] Order lowered(Order order, Order most) noexcept;
/// The orders that can be left of `order`, other than itself.
[[nodiscard]] std::vector<Order> weaker_than(Order order, Operation operation);

class Sites {
public:
    struct Site {
        const void* pc = nullptr;
        Operation operation{};
        Order order{};  // the strongest seen
        bool weakened = false;
    };

    /// What the operation at `pc` is known as.
    Site& at(const void* pc, Operation operation, Order order);

    void weaken(const Weakened& what);
    void weaken(const SiteKey& what, Order most);
    /// What weakened sites are lowered to.
    [[nodiscard]] Order most() const noexcept { return most_; }
    void weaken_nothing();
    [[nodiscard]] bool has_hit() const noexcept { return hit_; }

    /// All that were seen with more than relaxed order, by line.
    [[nodiscard]] std::vector<SiteKey> ordered_sites() const;

private:
    [[nodiscard]] bool matches(const Site& site) const;
    void clear();

    std::unordered_map<const void*, Site> sites_;
    Weakened weakened_{nullptr, nullptr};
    SiteKey key_;
    Order most_ = Order::Relaxed;
    bool hit_ = false;
};

}  // namespace edo::model
