// SPDX-License-Identifier: MIT
// What a command works on.
#pragma once

#include "channels.hpp"
#include "store.hpp"
#include "subscriptions.hpp"
#include <edo/runtime/sync/cancellation_token.hpp>

#include <string>
#include <utility>

namespace mini_redis {

/// What all connections have in common.
struct Shared {
    Store store;
    Channels channels;
    edo::sync::CancellationToken stop;  ///< cancelled when the server is to end
};

/// The state of one connection.
struct Session {
    Session(Shared& all, edo::sync::CancellationToken too_slow)
        : shared(all), subscriptions(all.channels, std::move(too_slow)) {}

    Shared& shared;
    std::string out;  ///< replies and messages that are to be written
    Subscriptions subscriptions;
    bool is_over = false;  ///< the connection is to be closed when all is written
};

}  // namespace mini_redis
