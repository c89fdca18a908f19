// SPDX-License-Identifier: MIT
#include <edo/runtime/asio_interop.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>

namespace {

/// Makes the io_context of the process with its reactor before any test, since its descriptors,
/// which stay, would look like a leak.
struct Warm {
    Warm() {
        const boost::asio::steady_timer timer(edo::asio_context());
        const boost::asio::ip::tcp::socket socket(edo::asio_context());
    }
};

BOOST_TEST_GLOBAL_FIXTURE(Warm);

}  // namespace
