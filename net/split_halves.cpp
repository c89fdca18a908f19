// SPDX-License-Identifier: MIT
#include "edo/net/split_halves.hpp"

#include "edo/runtime/errors.hpp"

#include <sys/socket.h>

namespace edo::detail {

void throw_empty_half() {
    throw UsageError("edo: this half of a stream is empty: it was moved from or reunited");
}

void throw_other_half() {
    throw UsageError("edo: reunite needs the two halves of one stream");
}

void end_stream(const IoSource& source) noexcept {
    ::shutdown(source.descriptor(), SHUT_WR);
}

}  // namespace edo::detail
