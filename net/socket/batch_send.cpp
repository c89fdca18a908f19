// SPDX-License-Identifier: MIT
// The sending side of `BatchState`.
#include "edo/net/socket/batch_state.hpp"
#include "edo/net/socket/system_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/udp.h>

namespace edo::detail {

namespace {

// Of a run: 64 datagrams were the limit of all versions of Linux but the newest, and the sum
// must fit into one datagram of IPv4.
constexpr std::size_t kMostSegments = 64;
constexpr std::size_t kMostBytes = 65507;

/// Whether the system cuts messages for this socket. One that does not know the option would ignore
/// it and send one long datagram.
bool can_segment(int descriptor) noexcept {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, SOL_UDP, UDP_SEGMENT, &value, &size) == 0;
}

/// Whether an error may be about the cutting, and not about the datagrams: the way there has no
/// checksum offload, or a smaller MTU, so that they have to be fragmented instead.
bool refuses_to_segment(int error) noexcept {
    return error == EIO || error == EINVAL || error == EMSGSIZE || error == EOPNOTSUPP ||
           error == ENOPROTOOPT;
}

}  // namespace

/// What one call of `sendmmsg` is given. Datagrams of one size for one peer are one piece, a run,
/// which the system cuts.
class BatchState::Window {
public:
    void fill(BatchState& batch, bool may_segment) noexcept {
        BatchPosition position = batch.next_;
        while (pieces_ < kMostPieces && entries_used_ < kMostEntries &&
               position.message < batch.used_) {
            position = add_piece(batch, position, may_segment);
        }
    }
    [[nodiscard]] int send(int descriptor) noexcept {
        return uninterrupted([&] {
            return ::sendmmsg(descriptor, headers_.data(), static_cast<unsigned>(pieces_),
                              MSG_NOSIGNAL);
        });
    }
    [[nodiscard]] std::size_t bytes_of(std::size_t piece) const noexcept { return sizes_[piece]; }
    [[nodiscard]] std::size_t messages_of(std::size_t piece) const noexcept {
        return headers_[piece].msg_hdr.msg_iovlen;
    }
    [[nodiscard]] bool is_run(std::size_t piece) const noexcept {
        return headers_[piece].msg_hdr.msg_controllen != 0;
    }

private:
    BatchPosition add_piece(BatchState& batch, BatchPosition position, bool may_segment) noexcept {
        BatchMessage& first = batch.messages_[position.message];
        const bool may_join = may_segment && !first.one_by_one && first.segment > 0;
        const std::size_t rest = first.size - position.offset;
        std::size_t size = may_join ? rest : std::min(rest, first.segment);
        msghdr& header = begin(first);
        add_entry(header, first.data + position.offset, size);
        position = size == rest ? BatchPosition(position.message + 1, 0)
                                : BatchPosition(position.message, position.offset + size);
        while (may_join && entries_used_ < kMostEntries && position.message < batch.used_) {
            const BatchMessage& next = batch.messages_[position.message];
            if (!extends(first, size, next)) {
                break;
            }
            add_entry(header, next.data, next.size);
            size += next.size;
            ++position.message;
        }
        if (size > first.segment) {
            ask_to_cut(header, first.segment);
        }
        sizes_[pieces_++] = size;
        return position;
    }

    /// Whether `next` may follow in a run that begins with `first` and has `size` bytes so far: all
    /// datagrams but the last one have the same size.
    [[nodiscard]] static bool extends(const BatchMessage& first, std::size_t size,
                                      const BatchMessage& next) noexcept {
        const bool fits = next.segment == first.segment ||
                          (next.size < first.segment && next.segment == next.size);
        return fits && size % first.segment == 0 && !next.one_by_one && next.size > 0 &&
               size + next.size <= std::min(kMostBytes, kMostSegments * first.segment) &&
               next.peer_size == first.peer_size &&
               std::memcmp(&next.peer, &first.peer, next.peer_size) == 0;
    }

    msghdr& begin(BatchMessage& message) noexcept {
        headers_[pieces_] = {};
        msghdr& header = headers_[pieces_].msg_hdr;
        header.msg_iov = &entries_[entries_used_];
        header.msg_name = message.peer_size != 0 ? &message.peer : nullptr;
        header.msg_namelen = message.peer_size;
        return header;
    }
    void add_entry(msghdr& header, std::byte* data, std::size_t size) noexcept {
        entries_[entries_used_].iov_base = data;
        entries_[entries_used_].iov_len = size;
        ++entries_used_;
        ++header.msg_iovlen;
    }
    void ask_to_cut(msghdr& header, std::size_t segment) noexcept {
        header.msg_control = &controls_[pieces_];
        header.msg_controllen = sizeof controls_[pieces_];
        cmsghdr& part = *CMSG_FIRSTHDR(&header);
        const auto size = static_cast<std::uint16_t>(segment);
        part.cmsg_level = SOL_UDP;
        part.cmsg_type = UDP_SEGMENT;
        part.cmsg_len = CMSG_LEN(sizeof size);
        std::memcpy(CMSG_DATA(&part), &size, sizeof size);
    }

    static constexpr std::size_t kMostPieces = 64;
    static constexpr std::size_t kMostEntries = 256;
    struct SegmentSize {
        alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(std::uint16_t))> bytes;
    };
    // Not cleared: most of it is not used.
    std::array<mmsghdr, kMostPieces> headers_;
    std::array<std::size_t, kMostPieces> sizes_;
    std::array<SegmentSize, kMostPieces> controls_;
    std::array<iovec, kMostEntries> entries_;
    std::size_t pieces_ = 0;
    std::size_t entries_used_ = 0;
};

bool BatchState::send(int descriptor, BatchSending& sending) noexcept {
    if (descriptor != probed_descriptor_) {
        probed_descriptor_ = descriptor;
        can_segment_ = can_segment(descriptor);
    }
    bool is_second_try = false;
    while (next_.message < used_) {
        Window window;
        window.fill(*this, segmentation_ && can_segment_);
        const int sent = window.send(descriptor);
        for (int i = 0; i < sent; ++i) {
            sending.sent += pass(window.bytes_of(static_cast<std::size_t>(i)));
            is_second_try = false;
        }
        if (sent > 0) {
            continue;  // should the next one have failed, it says so again
        }
        const std::error_code error = last_error();
        if (error == std::errc::operation_would_block) {
            return false;
        }
        if (window.is_run(0) && refuses_to_segment(error.value())) {
            for (std::size_t i = 0; i < window.messages_of(0); ++i) {
                messages_[next_.message + i].one_by_one = true;
            }
            can_segment_ = error.value() != EIO;  // no offload on the way there, not just this time
            continue;
        }
        if (!sending.first_error) {
            sending.first_error = error;
        }
        // The error may be late news of an earlier datagram, which the call has now cleared. If it
        // is not, this datagram (or run) cannot be sent.
        if (is_second_try) {
            pass(window.bytes_of(0));
        }
        is_second_try = !is_second_try;
    }
    return true;
}

}  // namespace edo::detail
