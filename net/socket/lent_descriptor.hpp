// SPDX-License-Identifier: MIT
// A descriptor for a call of the user's own.
#pragma once

#include "edo/net/ready.hpp"
#include "edo/runtime/reactor/io_source.hpp"

#include <cstddef>
#include <system_error>

namespace edo::detail {

/// For one call on a socket's descriptor. Where the reactor has received bytes for the socket, the
/// call may not overtake them: from then on nothing is received ahead any more, and until those
/// bytes are used up, the call gets a descriptor that has nothing but them.
class LentDescriptor {
public:
    /// Throws `UsageError` when the call may write, too, and there are such bytes.
    LentDescriptor(IoSource& source, net::Interest interest)
        : source_(source), descriptor_(source.descriptor()) {
        if (interest.is_readable()) {
            static_cast<void>(source.stop_reading_ahead());
            if (source.read_ahead() != nullptr) [[unlikely]] {
                lend_bytes(interest);
            }
        }
    }
    ~LentDescriptor() {
        if (lent_ != 0) [[unlikely]] {
            take_back();
        }
    }
    LentDescriptor(const LentDescriptor&) = delete;
    LentDescriptor& operator=(const LentDescriptor&) = delete;

    /// Why the call must not be made: it would block, or there is no descriptor left.
    [[nodiscard]] std::error_code error() const noexcept { return error_; }
    [[nodiscard]] int get() const noexcept { return descriptor_; }

private:
    void lend_bytes(net::Interest interest);
    void take_back() noexcept;

    IoSource& source_;
    int descriptor_;
    int other_end_ = -1;    // of a descriptor that was made
    std::size_t lent_ = 0;  // so many bytes are in it
    std::error_code error_;
};

}  // namespace edo::detail
