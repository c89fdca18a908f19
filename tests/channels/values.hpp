// SPDX-License-Identifier: MIT
// Values for channels: some that count themselves, and some whose moves fail.
#pragma once

#include <atomic>
#include <stdexcept>
#include <utility>

namespace edo::test {

/// Counts how many of its kind hold something: what is moved from does not.
class Counted {
public:
    explicit Counted(std::atomic<int>& alive, int number = 0) noexcept
        : number(number), alive_(&alive) {
        alive.fetch_add(1);
    }
    Counted(Counted&& other) noexcept
        : number(other.number), alive_(std::exchange(other.alive_, nullptr)) {}
    Counted(const Counted& other) noexcept : number(other.number), alive_(other.alive_) {
        alive_->fetch_add(1);
    }
    Counted& operator=(Counted other) noexcept {
        std::swap(number, other.number);
        std::swap(alive_, other.alive_);
        return *this;
    }
    ~Counted() {
        if (alive_ != nullptr) {
            alive_->fetch_sub(1);
        }
    }

    [[nodiscard]] bool is_moved_from() const noexcept { return alive_ == nullptr; }

    int number;

private:
    std::atomic<int>* alive_;
};

/// Can be moved, or copied, so many times; then it throws.
class Fragile {
public:
    explicit Fragile(int number, int moves) noexcept : number(number), moves_(moves) {}
    Fragile(Fragile&& other) : number(other.number), moves_(other.spend()) {}
    Fragile(const Fragile& other) : number(other.number), moves_(other.spend()) {}
    Fragile& operator=(Fragile&& other) {
        moves_ = other.spend();
        number = other.number;
        return *this;
    }
    Fragile& operator=(const Fragile&) = delete;
    ~Fragile() = default;

    int number;

private:
    [[nodiscard]] int spend() const {
        if (moves_ == 0) {
            throw std::runtime_error("it broke");
        }
        return moves_ - 1;
    }

    int moves_;
};

}  // namespace edo::test
