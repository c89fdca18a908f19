// SPDX-License-Identifier: MIT
// The commands that publish and subscribe.
#include "commands.hpp"
#include "reply.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace mini_redis::commands {

namespace {

void leave(Session& session, std::string_view channel) {
    session.subscriptions.remove(channel);
    // Messages of the channel come before the word that there are no more.
    session.subscriptions.append_waiting(session.out, std::numeric_limits<std::size_t>::max());
    reply::array(session.out, 3);
    reply::bulk(session.out, "unsubscribe");
    reply::bulk(session.out, channel);
    reply::integer(session.out, std::int64_t(session.subscriptions.size()));
}

}  // namespace

void publish(Session& session, Arguments arguments) {
    const std::size_t count = session.shared.channels.publish(arguments[1], arguments[2]);
    reply::integer(session.out, std::int64_t(count));
}

void subscribe(Session& session, Arguments arguments) {
    for (const std::string_view channel : arguments.subspan(1)) {
        session.subscriptions.add(channel);
        reply::array(session.out, 3);
        reply::bulk(session.out, "subscribe");
        reply::bulk(session.out, channel);
        reply::integer(session.out, std::int64_t(session.subscriptions.size()));
    }
}

/// Without arguments, all channels.
void unsubscribe(Session& session, Arguments arguments) {
    for (const std::string_view channel : arguments.subspan(1)) {
        leave(session, channel);
    }
    if (arguments.size() > 1) {
        return;
    }
    const std::vector<std::string> names(session.subscriptions.names().begin(),
                                         session.subscriptions.names().end());
    for (const std::string& name : names) {
        leave(session, name);
    }
    if (names.empty()) {
        reply::array(session.out, 3);
        reply::bulk(session.out, "unsubscribe");
        reply::null(session.out);
        reply::integer(session.out, 0);
    }
}

}  // namespace mini_redis::commands
