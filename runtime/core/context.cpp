// SPDX-License-Identifier: MIT
#include "edo/runtime/core/context.hpp"

namespace edo::detail {

thread_local constinit Context tls_context;

Context& context() noexcept {
    asm volatile("");  // keeps the call, and with it the address look-up, from being merged
    return tls_context;
}

}  // namespace edo::detail
