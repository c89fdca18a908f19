// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/socket_addr.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string_view>

namespace edo::detail {

class BatchState;
class BatchMessage;

/// Where a datagram of a batch begins.
struct BatchPosition {
    BatchPosition() = default;
    BatchPosition(std::size_t index, std::size_t start) noexcept : message(index), offset(start) {}
    friend bool operator==(const BatchPosition&, const BatchPosition&) = default;

    std::size_t message = 0;
    std::size_t offset = 0;
};

}  // namespace edo::detail

namespace edo::net {

/// One datagram of a `DatagramBatch`. A view: valid until the batch is changed or destroyed.
class Datagram {
public:
    /// The payload, which may be changed in place, for example before it is sent back.
    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
    }
    /// Who has sent it, or whom it was pushed for; 0.0.0.0:0 for one without an address.
    [[nodiscard]] SocketAddr peer() const noexcept;
    /// Whether it was longer than its place in the batch; the rest is lost.
    [[nodiscard]] bool truncated() const noexcept { return truncated_; }

    /// For edo's own modules.
    Datagram(std::span<std::byte> bytes, const detail::BatchMessage& message,
             bool truncated) noexcept
        : bytes_(bytes), message_(&message), truncated_(truncated) {}

private:
    std::span<std::byte> bytes_;
    const detail::BatchMessage* message_;
    bool truncated_;
};

/// Room for datagrams that are received with one system call, `UdpSocket::recv_many`, or sent with
/// one, `UdpSocket::send_many`. Allocates when it is made, and never again: use it for ever.
///
/// What was received may be sent back as it is, or after a change in place: each datagram goes to
/// whom it came from. Other datagrams are pushed.
///
/// Datagrams of one size for one peer that stand next to each other are handed to the system as one
/// piece, which it cuts ("segmentation offload"): much the fastest way to send a lot. Where the
/// system cannot, they are sent one by one. The last one of such a run may be shorter.
///
/// @par Thread safety
/// None. While an operation uses the batch, nothing else may.
///
/// @par Misuse
/// Using a batch that was moved from throws `UsageError`.
///
/// @par Example
/// @snippet datagram_batch.cpp echo
class DatagramBatch {
public:
    /// What no datagram exceeds. A batch that receives from a socket with `UdpSocket::set_gro`
    /// needs places of this size. Memory that was never written to costs nothing.
    static constexpr std::size_t kLargestDatagram = 65535;

    /// @param count How many datagrams can be pushed, and how many one call receives at most (1024,
    ///     where it is more). Joined ones count as one, see `UdpSocket::set_gro`.
    /// @param bytes_each The longest datagram it takes; longer ones are cut when they are received.
    /// @par Misuse
    /// Zero of either throws `UsageError`.
    DatagramBatch(std::size_t count, std::size_t bytes_each);
    DatagramBatch(DatagramBatch&& other) noexcept;
    DatagramBatch& operator=(DatagramBatch&& other) noexcept;
    ~DatagramBatch();

    /// How many datagrams are in the batch: received, or pushed and not yet sent.
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool empty() const { return size() == 0; }

    /// Appends a copy of a datagram. When all that was in the batch has been sent, starts anew.
    ///
    /// @par Errors
    /// Nothing was appended.
    /// - `std::errc::message_size`: it is longer than `bytes_each`.
    /// - `std::errc::no_buffer_space`: the batch is full.
    Result<void> push(std::span<const std::byte> bytes, SocketAddr target);
    Result<void> push(std::string_view text, SocketAddr target);
    /// The same for the peer of a connected socket.
    Result<void> push(std::span<const std::byte> bytes);
    Result<void> push(std::string_view text);

    /// Empties the batch.
    void clear();
    /// Drops all but `count` datagrams from the one at `first` on, or as many of these as there
    /// are.
    void keep(std::size_t first, std::size_t count);
    /// Brings back what was sent, to send it again. Before something else is pushed.
    void rewind();

    /// Whether runs of datagrams of one size are handed to the system as one piece. On by default.
    void set_segmentation(bool on);

    class Iterator;
    /// `for (const Datagram datagram : batch)`
    [[nodiscard]] Iterator begin() const;
    [[nodiscard]] Iterator end() const;

    /// For edo's own modules.
    [[nodiscard]] detail::BatchState& state() const;

private:
    std::unique_ptr<detail::BatchState> state_;
};

/// Goes through the datagrams of a batch, in the order in which they came.
class DatagramBatch::Iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Datagram;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Datagram;

    Iterator() noexcept = default;
    Iterator(const detail::BatchState& state, detail::BatchPosition position) noexcept
        : state_(&state), position_(position) {}

    [[nodiscard]] Datagram operator*() const noexcept;
    Iterator& operator++() noexcept;
    Iterator operator++(int) noexcept {
        const Iterator before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) noexcept {
        return a.position_ == b.position_;
    }

private:
    const detail::BatchState* state_ = nullptr;
    detail::BatchPosition position_;
};

}  // namespace edo::net
