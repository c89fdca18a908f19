// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/ready_waits.hpp"
#include "edo/net/stream_reader.hpp"
#include "edo/net/stream_writer.hpp"
#include "edo/runtime/io/owned_fd.hpp"
#include "edo/runtime/reactor/io_source.hpp"
#include "edo/runtime/result.hpp"

#include <string_view>
#include <utility>

/// Pipes, with or without a name in the file system.
namespace edo::net::pipe {

class Receiver;

/// The end of a pipe that is written to. `StreamWriter` describes how, `ReadyWaits` readiness.
///
/// When the last reader is gone, a write fails with `std::errc::broken_pipe`; no signal is raised.
/// Destroying the sender ends the stream, once there is no other one. It may be moved while
/// operations on it are pending, but not destroyed.
///
/// @par Thread safety
/// One task at a time.
///
/// @par Misuse
/// Using a sender that is empty or was moved from throws `UsageError`.
class Sender : public StreamWriter<Sender, detail::Medium::Pipe>, public ReadyWaits<Sender> {
public:
    /// An empty sender, as after a move.
    Sender() noexcept = default;

    /// Takes over the end of a pipe, and makes it non-blocking and closed on exec.
    /// @par Errors
    /// `std::errc::invalid_argument`: it is no pipe, or not open for writing. It is closed then.
    [[nodiscard]] static Result<Sender> from_fd(io::OwnedFd descriptor);

    /// Gives the descriptor away, non-blocking as it is. No operation may be pending.
    [[nodiscard]] io::OwnedFd into_fd() &&;
    /// The same, and makes it blocking, as other programs expect it.
    [[nodiscard]] Result<io::OwnedFd> into_blocking_fd() &&;

    /// For edo's own modules.
    [[nodiscard]] detail::IoSource& io_source() const;

private:
    explicit Sender(detail::IoSourcePtr source) noexcept : source_(std::move(source)) {}
    friend Result<std::pair<Sender, Receiver>> pipe();
    friend class OpenOptions;

    detail::IoSourcePtr source_;
};

/// The end of a pipe that is read from. `StreamReader` describes how.
///
/// The stream ends when the last sender is gone. Otherwise like `Sender`.
class Receiver : public StreamReader<Receiver, detail::Medium::Pipe>, public ReadyWaits<Receiver> {
public:
    /// An empty receiver, as after a move.
    Receiver() noexcept = default;

    /// Takes over the end of a pipe, and makes it non-blocking and closed on exec.
    /// @par Errors
    /// `std::errc::invalid_argument`: it is no pipe, or not open for reading. It is closed then.
    [[nodiscard]] static Result<Receiver> from_fd(io::OwnedFd descriptor);

    /// Gives the descriptor away, non-blocking as it is. No operation may be pending.
    [[nodiscard]] io::OwnedFd into_fd() &&;
    /// The same, and makes it blocking, as other programs expect it.
    [[nodiscard]] Result<io::OwnedFd> into_blocking_fd() &&;

    /// For edo's own modules.
    [[nodiscard]] detail::IoSource& io_source() const;

private:
    explicit Receiver(detail::IoSourcePtr source) noexcept : source_(std::move(source)) {}
    friend Result<std::pair<Sender, Receiver>> pipe();
    friend class OpenOptions;

    detail::IoSourcePtr source_;
};

/// A pipe without a name: what is written to the first end is read from the second.
///
/// @par Errors
/// `std::errc::too_many_files_open`
///
/// @par Example
/// @snippet unix_sockets.cpp pipe
[[nodiscard]] Result<std::pair<Sender, Receiver>> pipe();

/// How to open a FIFO, a pipe with a name, which `mkfifo` makes.
///
/// @par Example
/// @snippet unix_sockets.cpp fifo
class OpenOptions {
public:
    OpenOptions() noexcept = default;

    /// Opens the other direction as well. For a sender: it need not have a reader to be opened, nor
    /// later. For a receiver: the stream does not end when the last sender is gone. Off by default.
    OpenOptions& read_write(bool on) noexcept {
        read_write_ = on;
        return *this;
    }
    /// Does not check that the file is a FIFO. Off by default.
    OpenOptions& unchecked(bool on) noexcept {
        unchecked_ = on;
        return *this;
    }

    /// Opens the reading end. Does not wait for a sender; until there is one, a read yields the end
    /// of the stream at once (see `read_write`).
    ///
    /// @par Errors
    /// - `std::errc::no_such_file_or_directory`, `std::errc::permission_denied`
    /// - `std::errc::invalid_argument`: it is not a FIFO.
    [[nodiscard]] AddressResult<Receiver> open_receiver(std::string_view path) const;

    /// Opens the writing end.
    ///
    /// @par Errors
    /// In addition, `std::errc::no_such_device_or_address`: nobody has opened it for reading. Try
    /// again later, or see `read_write`.
    [[nodiscard]] AddressResult<Sender> open_sender(std::string_view path) const;

private:
    [[nodiscard]] AddressResult<io::OwnedFd> open(std::string_view path, int mode,
                                                  const char* action) const;

    bool read_write_ = false;
    bool unchecked_ = false;
};

}  // namespace edo::net::pipe
