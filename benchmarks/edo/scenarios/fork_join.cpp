// SPDX-License-Identifier: MIT
// Trees of tasks: each spawns its children and waits for all of them. The size of a tree is fixed;
// an operation is a child.

#include "support.hpp"
#include <edo/edo.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace bench {

namespace {

// ---- fib: two children, one of which is a plain call -------------------------------------------

constexpr int kFib = 30;
constexpr std::uint64_t kFibOfIt = 832'040;
constexpr std::size_t kFibChildren = 1'346'268;

Task<std::uint64_t> fib(int n) {
    if (n < 2) {
        co_return std::uint64_t(n);
    }
    edo::JoinHandle<std::uint64_t> child = edo::spawn(fib(n - 1));
    const std::uint64_t second = co_await fib(n - 2);
    const auto first = co_await child;
    co_return first.value() + second;
}

Task<Done> run_fib(std::size_t /*iterations*/) {
    const std::uint64_t result = co_await fib(kFib);
    check(result == kFibOfIt, "fib: a wrong sum");
    co_return kFibChildren;
}

// ---- skynet: ten children each -----------------------------------------------------------------

constexpr std::size_t kDegree = 10;
constexpr std::uint64_t kLeaves = 1'000'000;
constexpr std::size_t kSkynetChildren = 1'111'110;

Task<std::uint64_t> skynet(std::uint64_t number, std::uint64_t leaves) {
    if (leaves == 1) {
        co_return number;
    }
    std::array<edo::JoinHandle<std::uint64_t>, kDegree> children;
    for (std::size_t i = 0; i < kDegree; ++i) {
        children[i] = edo::spawn(skynet(number + i * (leaves / kDegree), leaves / kDegree));
    }
    std::uint64_t sum = 0;
    for (auto& child : children) {
        const auto of_child = co_await child;
        sum += of_child.value();
    }
    co_return sum;
}

Task<Done> run_skynet(std::size_t /*iterations*/) {
    const std::uint64_t sum = co_await skynet(0, kLeaves);
    check(sum == kLeaves * (kLeaves - 1) / 2, "skynet: a wrong sum");
    co_return kSkynetChildren;
}

// ---- nqueens: up to eleven children, and some work in each -------------------------------------

constexpr std::size_t kQueens = 11;
constexpr std::uint64_t kSolutions = 2680;
constexpr std::size_t kQueensChildren = 166'925;

using Board = std::array<std::int8_t, kQueens>;

bool is_free(const Board& board, std::size_t rows, std::int8_t column) {
    for (std::size_t row = 0; row < rows; ++row) {
        const int distance = int(rows - row);
        const int difference = column - board[row];
        if (difference == 0 || difference == distance || difference == -distance) {
            return false;
        }
    }
    return true;
}

Task<std::uint64_t> nqueens(Board board, std::size_t rows) {
    if (rows == kQueens) {
        co_return 1;
    }
    std::array<edo::JoinHandle<std::uint64_t>, kQueens> children;
    std::size_t count = 0;
    for (std::size_t column = 0; column < kQueens; ++column) {
        if (is_free(board, rows, std::int8_t(column))) {
            board[rows] = std::int8_t(column);
            children[count++] = edo::spawn(nqueens(board, rows + 1));
        }
    }
    std::uint64_t solutions = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto of_child = co_await children[i];
        solutions += of_child.value();
    }
    co_return solutions;
}

Task<Done> run_nqueens(std::size_t /*iterations*/) {
    const std::uint64_t solutions = co_await nqueens(Board{}, 0);
    check(solutions == kSolutions, "nqueens: a wrong number of solutions");
    co_return kQueensChildren;
}

constexpr std::array kScenarios{
    Scenario{"fib", run_fib},
    Scenario{"skynet", run_skynet},
    Scenario{"nqueens", run_nqueens},
};

}  // namespace

std::span<const Scenario> fork_join() {
    return kScenarios;
}

}  // namespace bench
