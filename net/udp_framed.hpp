// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/socket_addr.hpp"
#include "edo/net/udp_socket.hpp"
#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/codec/concepts.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/ready.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::net {

/// A frame and who has sent it.
template <class Item>
class UdpFrame {
public:
    UdpFrame(Item frame_item, SocketAddr sender) : item(std::move(frame_item)), from(sender) {}

    Item item;
    SocketAddr from;
};

/// Decodes datagrams into frames, and encodes frames into datagrams.
///
/// A datagram may hold several frames, but no frame goes beyond its datagram: the end of each is an
/// end of the stream to the decoder. A frame that is sent is a datagram of its own.
///
/// ```cpp
/// edo::net::UdpFramed messages(socket, edo::codec::LinesCodec());             // uses the socket
/// edo::net::UdpFramed messages(std::move(socket), edo::codec::LinesCodec());  // keeps it
/// ```
///
/// @tparam S The socket, or a reference to it.
/// @tparam C The decoder, encoder or both.
/// @par Thread safety
/// None. Two branches of a task may receive and send at the same time; two tasks may share the
/// socket, each with a `UdpFramed` of its own.
/// @par Example
/// @snippet codec.cpp udp_framed
template <class S, codec::Decoder C>
    requires std::same_as<std::remove_cvref_t<S>, UdpSocket>
class UdpFramed {
public:
    using Item = typename C::Item;

    UdpFramed(S&& socket, C codec)
        : socket_(std::forward<S>(socket)), codec_(std::move(codec)), received_(kLargestDatagram) {}

    /// The next frame and its sender.
    ///
    /// @return A frame, or an error of the socket or decoder. Never `std::nullopt`, which is there
    ///     because a stream may end; datagrams go on after an error.
    /// @par Errors
    /// What `UdpSocket::recv_from` and the decoder yield. A decoder that has an error and takes
    /// nothing out of the buffer loses the rest of the datagram.
    /// @par Cancel safety
    /// Cancel safe: no datagram and no frame is lost.
    [[nodiscard]] Task<std::optional<Result<UdpFrame<Item>>>> next() {
        co_await detail::Charge();
        for (;;) {
            if (may_decode_) {
                const std::size_t before = received_.size();
                Result<std::optional<Item>> item = detail::decode_at_end(codec_, received_);
                if (!item) {
                    if (received_.size() == before) {
                        drop_rest();
                    }
                    co_return Result<UdpFrame<Item>>(failure(item.error()));
                }
                if (item->has_value()) {
                    co_return Result<UdpFrame<Item>>(UdpFrame<Item>(std::move(**item), from_));
                }
                drop_rest();
            }
            const Result<Received> datagram = co_await socket_.recv_from(received_.prepare());
            if (!datagram) {
                co_return Result<UdpFrame<Item>>(failure(datagram.error()));
            }
            received_.commit(datagram->size);
            from_ = datagram->from;
            may_decode_ = true;
        }
    }

    /// Encodes a frame and sends it as one datagram.
    ///
    /// @par Errors
    /// What the encoder and `UdpSocket::send_to` yield; nothing was sent then.
    /// @par Cancel safety
    /// Cancel safe: nothing was sent.
    template <class T>
        requires codec::Encoder<C, T>
    [[nodiscard]] Task<Result<void>> send(T item, SocketAddr target) {
        codec::Buffer datagram;
        co_await propagate(codec_.encode(std::move(item), datagram));
        co_await propagate(co_await socket_.send_to(datagram.data(), target));
        co_return Result<void>();
    }

    [[nodiscard]] const UdpSocket& socket() const noexcept { return socket_; }
    [[nodiscard]] C& codec() noexcept { return codec_; }
    /// What is left of the datagram that was received last.
    [[nodiscard]] codec::Buffer& read_buffer() noexcept { return received_; }
    /// Gives the socket back. What is left of the last datagram is lost.
    [[nodiscard]] S into_inner() && { return std::forward<S>(socket_); }

private:
    static constexpr std::size_t kLargestDatagram = std::size_t{64} << 10;

    void drop_rest() noexcept {
        received_.clear();
        may_decode_ = false;
    }

    S socket_;
    C codec_;
    codec::Buffer received_;
    SocketAddr from_;
    bool may_decode_ = false;  // the last datagram may hold one more frame
};

template <class S, class C>
UdpFramed(S&& socket, C codec) -> UdpFramed<S, C>;

}  // namespace edo::net
