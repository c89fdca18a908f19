// SPDX-License-Identifier: MIT
// Trees of tasks: each forks its children and waits for all of them. The size of a tree is fixed;
// an operation is a child.

#include "support.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/fork_join.hpp>

#include <array>
#include <cstdint>
#include <numeric>
#include <utility>
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
    const auto [first, second] = co_await edo::fork_join(fib(n - 1), fib(n - 2));
    co_return first + second;
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
    std::array<Task<std::uint64_t>, kDegree> children;
    for (std::size_t i = 0; i < kDegree; ++i) {
        children[i] = skynet(number + i * (leaves / kDegree), leaves / kDegree);
    }
    const auto sums = co_await edo::fork_join_all(std::move(children));
    co_return std::accumulate(sums.begin(), sums.end(), std::uint64_t(0));
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
    std::vector<Task<std::uint64_t>> children;
    children.reserve(kQueens - rows);
    for (std::size_t column = 0; column < kQueens; ++column) {
        if (is_free(board, rows, std::int8_t(column))) {
            board[rows] = std::int8_t(column);
            children.push_back(nqueens(board, rows + 1));
        }
    }
    const auto solutions = co_await edo::fork_join_all(std::move(children));
    co_return std::accumulate(solutions.begin(), solutions.end(), std::uint64_t(0));
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
