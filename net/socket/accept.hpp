// SPDX-License-Identifier: MIT
// Accepting connections: what listeners of all kinds have in common.
#pragma once

#include "edo/net/socket/raw_addr.hpp"
#include "edo/net/socket/socket.hpp"
#include "edo/runtime/reactor/io_op.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/sleep.hpp"
#include "edo/runtime/task/task.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace edo::detail {

/// Accepts one connection; its descriptor belongs to the operation until it is taken.
class AcceptOp : public IoOp {
public:
    explicit AcceptOp(IoSource& source) noexcept
        : IoOp(source, Direction::Read, &AcceptOp::attempt) {}
    ~AcceptOp();
    // Only before it is awaited, when it holds nothing yet.
    AcceptOp(AcceptOp&& other) noexcept : IoOp(std::move(other)) {}

    [[nodiscard]] Result<std::pair<Socket, RawAddr>> await_resume();

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;

    RawAddr peer_;
    int descriptor_ = -1;
};

/// Descriptors or memory have run out. The connection stays in the queue.
[[nodiscard]] bool is_exhaustion(const std::error_code& error) noexcept;
/// Writes one line to the log, until `forget_exhaustion`.
void log_exhaustion(const std::error_code& error);
void forget_exhaustion() noexcept;

/// Waits for a connection, and for descriptors and memory where they have run out.
template <class Stream, class Address>
Task<Result<std::pair<Stream, Address>>> accept_from(IoSource* listener,
                                                     Address (*address_of)(const RawAddr&)) {
    constexpr auto kFirstPause = std::chrono::milliseconds(10);
    constexpr auto kLongestPause = std::chrono::milliseconds(1000);
    std::chrono::milliseconds pause = kFirstPause;
    for (;;) {
        auto accepted = co_await AcceptOp(*listener);
        if (accepted) {
            forget_exhaustion();
            co_return std::pair<Stream, Address>(Stream(std::move(accepted->first)),
                                                 address_of(accepted->second));
        }
        if (!is_exhaustion(accepted.error())) {
            co_return failure(accepted.error());
        }
        log_exhaustion(accepted.error());
        co_await sleep(pause);
        pause = std::min(pause * 2, kLongestPause);
    }
}

}  // namespace edo::detail
