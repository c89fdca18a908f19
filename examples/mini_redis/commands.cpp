// SPDX-License-Identifier: MIT
#include "commands.hpp"

#include "reply.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace mini_redis {

namespace commands {

namespace {

void ping(Session& session, Arguments arguments) {
    const std::string_view text = arguments.size() > 1 ? arguments[1] : std::string_view();
    if (!session.subscriptions.empty()) {
        reply::array(session.out, 2);
        reply::bulk(session.out, "pong");
        reply::bulk(session.out, text);
    } else if (arguments.size() > 1) {
        reply::bulk(session.out, text);
    } else {
        reply::simple(session.out, "PONG");
    }
}

void echo(Session& session, Arguments arguments) {
    reply::bulk(session.out, arguments[1]);
}

/// Clients ask what commands there are in order to help people type. Nothing is known of any.
void command(Session& session, Arguments /*arguments*/) {
    reply::array(session.out, 0);
}

void config(Session& session, Arguments arguments) {
    if (is_word(arguments[1], "GET")) {
        reply::array(session.out, 0);
    } else {
        reply::error(session.out, "ERR CONFIG knows GET only");
    }
}

void quit(Session& session, Arguments /*arguments*/) {
    reply::simple(session.out, "OK");
    session.is_over = true;
}

}  // namespace

bool is_word(std::string_view word, std::string_view name) {
    return std::equal(word.begin(), word.end(), name.begin(), name.end(), [](char a, char b) {
        return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b;
    });
}

}  // namespace commands

namespace {

constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

struct Command {
    std::string_view name;
    std::size_t fewest;  // arguments, the name included
    std::size_t most;
    void (*run)(Session&, Arguments);
    bool is_for_subscribers = false;
};

constexpr Command kCommands[] = {
    {"GET", 2, 2, commands::get},
    {"SET", 3, kAny, commands::set},
    {"INCR", 2, 2, commands::incr},
    {"PING", 1, 2, commands::ping, true},
    {"DEL", 2, kAny, commands::del},
    {"EXISTS", 2, kAny, commands::exists},
    {"PUBLISH", 3, 3, commands::publish},
    {"EXPIRE", 3, 3, commands::expire},
    {"PEXPIRE", 3, 3, commands::pexpire},
    {"TTL", 2, 2, commands::ttl},
    {"PTTL", 2, 2, commands::pttl},
    {"ECHO", 2, 2, commands::echo},
    {"SUBSCRIBE", 2, kAny, commands::subscribe, true},
    {"UNSUBSCRIBE", 1, kAny, commands::unsubscribe, true},
    {"COMMAND", 1, kAny, commands::command},
    {"CONFIG", 2, kAny, commands::config},
    {"QUIT", 1, kAny, commands::quit, true},
};

std::string quoted(std::string_view name) {
    return "'" + std::string(name.substr(0, 128)) + "'";
}

}  // namespace

void run_command(Session& session, Arguments arguments) {
    const std::string_view name = arguments[0];
    const auto* const command =
        std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Command& each) {
            return each.name.size() == name.size() && commands::is_word(name, each.name);
        });
    if (command == std::end(kCommands)) {
        reply::error(session.out, "ERR unknown command " + quoted(name));
    } else if (arguments.size() < command->fewest || arguments.size() > command->most) {
        reply::error(session.out, "ERR wrong number of arguments for " + quoted(name));
    } else if (!session.subscriptions.empty() && !command->is_for_subscribers) {
        reply::error(session.out,
                     "ERR Can't execute " + quoted(name) +
                         ": only SUBSCRIBE, UNSUBSCRIBE, PING and QUIT while there are "
                         "subscriptions");
    } else {
        command->run(session, arguments);
    }
}

}  // namespace mini_redis
