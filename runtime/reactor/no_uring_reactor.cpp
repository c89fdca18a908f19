// SPDX-License-Identifier: MIT
// Takes the place of the other uring_*.cpp where there is no liburing to build them with.
#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/reactor/reactor.hpp"

namespace edo::detail {

std::shared_ptr<Reactor> make_uring_reactor() {
    log_info("edo was built without io_uring, epoll takes its place");
    return nullptr;
}

}  // namespace edo::detail
