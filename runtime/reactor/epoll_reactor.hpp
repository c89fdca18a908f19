// SPDX-License-Identifier: MIT
// The default reactor on Linux: epoll, edge-triggered, each descriptor registered once for all
// directions.
#pragma once

#include "edo/runtime/reactor/reactor.hpp"

#include <cstdint>

namespace edo::detail {

class EpollReactor : public Reactor {
public:
    EpollReactor();
    ~EpollReactor() override;

    Turned turn(std::optional<std::chrono::milliseconds> timeout) noexcept override;
    void wake() noexcept override;
    bool attend(Reactor& other) noexcept override;
    void stop_attending(Reactor& other) noexcept override;
    std::error_code want(IoSource& source, Direction direction) noexcept override;

protected:
    static constexpr int kEventsPerTurn = 128;  // half of a worker's ring

    std::error_code watch(IoSource& source) noexcept override;
    void unwatch(IoSource& source) noexcept override;
    std::error_code watch_signals(int descriptor) noexcept override;

    /// Like `watch` without the events of new bytes, and what adds these afterwards.
    [[nodiscard]] std::error_code watch_but_reads(IoSource& source) noexcept;
    [[nodiscard]] std::error_code watch_reads_too(IoSource& source) noexcept;
    [[nodiscard]] int epoll() const noexcept { return epoll_; }

private:
    [[nodiscard]] std::error_code control(int operation, IoSource& source,
                                          std::uint32_t events) const noexcept;

    int epoll_ = -1;
    int wake_ = -1;
};

}  // namespace edo::detail
