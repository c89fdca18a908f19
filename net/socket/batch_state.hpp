// SPDX-License-Identifier: MIT
// What is in a batch of datagrams, and the two system calls that fill and empty it.
//
// The batch is a list of messages. A message is what the system gives in one piece: one datagram,
// or several of one size from one peer, back to back (the last one may be shorter). Message i has
// its place at i * bytes_each of one block. What is pushed is a message each.
//
//     first_ <= next_ <= end       what was sent lies before next_, what is to be sent behind it
#pragma once

#include "edo/net/datagram_batch.hpp"
#include "edo/net/socket/raw_addr.hpp"
#include "edo/net/socket/stream_ops.hpp"
#include "edo/runtime/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <system_error>

namespace edo::detail {

class BatchMessage {
public:
    std::byte* data = nullptr;
    std::size_t size = 0;
    std::size_t segment = 0;  ///< the size of each datagram in it but the last; 0: an empty one
    sockaddr_in6 peer{};      ///< or a `sockaddr_in`
    socklen_t peer_size = 0;  ///< 0: it has none
    bool truncated = false;
    bool one_by_one = false;  ///< the system has refused to cut it

    [[nodiscard]] std::size_t count(std::size_t bytes) const noexcept {
        return bytes <= segment ? 1 : (bytes + segment - 1) / segment;
    }
};

/// How far the sending of a batch has come.
struct BatchSending {
    std::size_t sent = 0;         ///< datagrams
    std::error_code first_error;  ///< of any datagram
};

class BatchState {
public:
    BatchState(std::size_t count, std::size_t bytes_each);

    /// How many messages `receive` takes at most.
    [[nodiscard]] std::size_t most_received() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    void clear() noexcept;
    /// `target` is null for the peer of a connected socket.
    [[nodiscard]] Result<void> push(ConstBytes bytes, const RawAddr* target) noexcept;
    void keep(std::size_t first, std::size_t count) noexcept;
    void rewind() noexcept;
    void set_segmentation(bool on) noexcept { segmentation_ = on; }

    [[nodiscard]] BatchPosition begin() const noexcept { return next_; }
    [[nodiscard]] BatchPosition end() const noexcept { return {used_, 0}; }
    [[nodiscard]] BatchPosition after(BatchPosition position) const noexcept;
    [[nodiscard]] net::Datagram at(BatchPosition position) const noexcept;

    /// Fills the batch. Returns the number of messages, or -1, and then it is as before.
    [[nodiscard]] ssize_t receive(int descriptor) noexcept;
    /// Sends until all are sent or left out because of an error (true), or the socket is full.
    [[nodiscard]] bool send(int descriptor, BatchSending& sending) noexcept;

private:
    class Window;

    /// Room for what comes with a message: the segment size, and options that others have set.
    struct Control {
        alignas(cmsghdr) std::array<std::byte, 128> bytes;
    };

    void take(BatchMessage& message, const mmsghdr& header, std::size_t place) noexcept;
    /// The next `bytes`, which are whole datagrams, need not be sent any more. Returns how many.
    std::size_t pass(std::size_t bytes) noexcept;

    std::size_t capacity_;
    std::size_t bytes_each_;
    std::unique_ptr<std::byte[]> bytes_;
    std::unique_ptr<BatchMessage[]> messages_;
    // For `receive`. The system writes lengths and flags into the headers it uses.
    std::unique_ptr<mmsghdr[]> headers_;
    std::unique_ptr<iovec[]> places_;
    std::unique_ptr<Control[]> controls_;
    std::size_t written_headers_;

    std::size_t used_ = 0;  // messages
    std::size_t size_ = 0;  // datagrams from `next_` on
    BatchPosition first_;
    BatchPosition next_;
    bool segmentation_ = true;
    int probed_descriptor_ = -1;  // the socket that `can_segment_` is about
    bool can_segment_ = false;
};

}  // namespace edo::detail
