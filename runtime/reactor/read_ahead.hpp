// SPDX-License-Identifier: MIT
// Bytes that a reactor has received for a stream before anybody read them.
//
// Only a reactor that receives has these, see uring_reactor.cpp. While the kernel may receive for a
// source, no read may make a system call of its own: it would overtake the bytes on their way.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <sys/types.h>

namespace edo::detail {

class Reactor;

class ReadAhead {
public:
    explicit ReadAhead(Reactor& home) noexcept : home_(home) {}
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;

    enum class Mode : bool { Take, Peek };

    /// Stands for `recv`: a number of bytes, or -1 and `errno`. Nothing when the caller may make
    /// the system call: all bytes were taken, and the kernel receives no more.
    [[nodiscard]] virtual std::optional<ssize_t> read(std::span<std::byte> buffer,
                                                      Mode mode) noexcept = 0;

    /// Receives no more: see `IoSource::stop_reading_ahead`, which is what others call.
    virtual bool stop() noexcept = 0;

    [[nodiscard]] Reactor& home() const noexcept { return home_; }

protected:
    ~ReadAhead() = default;

private:
    Reactor& home_;
};

}  // namespace edo::detail
