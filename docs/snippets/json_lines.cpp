// SPDX-License-Identifier: MIT
// The example in the documentation of lines of JSON.
#include <edo/edo.hpp>
#include <edo/net/json/json_lines.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/io/duplex.hpp>

#include <iostream>
#include <string_view>
#include <utility>

namespace {

struct Order {
    int number = 0;
    bool is_urgent = false;
};
BOOST_DESCRIBE_STRUCT(Order, (), (number, is_urgent))

//! [json_lines]
/// Sends each order back as an urgent one.
template <edo::io::AsyncReadWrite Stream>
edo::Task<edo::Result<void>> serve(Stream& stream) {
    edo::codec::Framed orders(stream, edo::json::JsonLines<Order>());
    while (auto line = co_await orders.next()) {
        auto order = co_await edo::propagate(std::move(*line));  // or the stream has failed
        if (!order) {
            std::cout << order.error().message() << '\n';
            continue;
        }
        order->is_urgent = true;
        co_await edo::propagate(co_await orders.send(*order));
    }
    co_return edo::Result<void>();
}
//! [json_lines]

}  // namespace

int main() {
    edo::run([]() -> edo::Task<void> {
        auto [client, server] = edo::io::duplex(1024);
        const std::string_view orders = "{\"number\":1,\"is_urgent\":false}\n{\"number\":-}\n";
        static_cast<void>(co_await edo::io::write_all(client, std::as_bytes(std::span(orders))));
        static_cast<void>(co_await client.shutdown());
        static_cast<void>(co_await serve(server));
    }());
}
