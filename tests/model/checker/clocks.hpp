// SPDX-License-Identifier: MIT
// What a thread of a modelled execution knows: vector clocks and views.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace edo::model {

/// The body of a check is thread 0; it starts the others.
inline constexpr unsigned kMaxThreads = 5;

/// How far in each thread what happened before reaches. Tells whether two accesses are ordered.
class VectorClock {
public:
    [[nodiscard]] std::uint32_t operator[](unsigned thread) const noexcept { return at_[thread]; }
    void tick(unsigned thread) noexcept { ++at_[thread]; }
    void join(const VectorClock& other) noexcept {
        for (unsigned i = 0; i < kMaxThreads; ++i) {
            at_[i] = std::max(at_[i], other.at_[i]);
        }
    }
    void clear() noexcept { at_.fill(0); }

private:
    std::array<std::uint32_t, kMaxThreads> at_{};
};

/// For each atomic location, the oldest store that may still be read: coherence forbids all before.
/// Locations are numbered; a store is its place in the modification order.
class View {
public:
    [[nodiscard]] std::uint32_t of(std::uint32_t location) const noexcept {
        return location < at_.size() ? at_[location] : 0;
    }
    void raise(std::uint32_t location, std::uint32_t store) {
        if (location >= at_.size()) {
            at_.resize(location + 1, 0);
        }
        at_[location] = std::max(at_[location], store);
    }
    void join(const View& other) {
        if (at_.size() < other.at_.size()) {
            at_.resize(other.at_.size(), 0);
        }
        for (std::size_t i = 0; i < other.at_.size(); ++i) {
            at_[i] = std::max(at_[i], other.at_[i]);
        }
    }
    void clear() noexcept { at_.clear(); }  // keeps its memory

private:
    std::vector<std::uint32_t> at_;
};

/// What an acquire gets from the release that it reads from.
struct Knowledge {
    View view;
    VectorClock clock;

    void join(const Knowledge& other) {
        view.join(other.view);
        clock.join(other.clock);
    }
    void clear() noexcept {
        view.clear();
        clock.clear();
    }
};

}  // namespace edo::model
