// SPDX-License-Identifier: MIT
// Frames of a WebSocket. The first byte says which side receives.
#include "fuzz/oracle.hpp"
#include <edo/net/http/ws/codec.hpp>

using namespace edo::fuzz;
namespace ws = edo::http::ws;

namespace {

std::string show(const ws::Message& message) {
    return std::to_string(int(message.kind())) + " " + std::to_string(message.code()) + " " +
           message.data();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const ws::Role role = data[0] % 2 == 0 ? ws::Role::Server : ws::Role::Client;
    const ws::Role peer = role == ws::Role::Server ? ws::Role::Client : ws::Role::Server;
    const auto make = [&] {
        return ws::MessageCodec(role, ws::Options().max_message_size(data[0] / 2 * 8));
    };
    check_decoder<false>(make, text_of(data + 1, size - 1), show);

    // What was received can be sent, and means the same again.
    edo::codec::Buffer received;
    received.append(text_of(data + 1, size - 1));
    edo::codec::Buffer sent;
    Events events;
    for (ws::MessageCodec decoder = make();;) {
        const auto message = decoder.decode(received);
        if (!message || !*message) {
            break;
        }
        require(ws::MessageCodec(peer).encode(**message, sent).has_value(), "it can be sent");
        events.push_back(show(**message));
    }
    require_equal(decode_all<false>(ws::MessageCodec(role), {sent.text()}, show), events,
                  "there and back");
    return 0;
}
