// SPDX-License-Identifier: MIT
// What clients can ask for.
#pragma once

#include "session.hpp"

#include <span>
#include <string_view>

namespace mini_redis {

/// Words of a command; the first one is its name.
using Arguments = std::span<const std::string_view>;

/// Runs a command and appends its reply. Never waits.
/// @param arguments At least one.
void run_command(Session& session, Arguments arguments);

namespace commands {

// Each is called with as many arguments as the table in commands.cpp says.
void get(Session& session, Arguments arguments);
void set(Session& session, Arguments arguments);
void del(Session& session, Arguments arguments);
void exists(Session& session, Arguments arguments);
void incr(Session& session, Arguments arguments);
void expire(Session& session, Arguments arguments);
void pexpire(Session& session, Arguments arguments);
void ttl(Session& session, Arguments arguments);
void pttl(Session& session, Arguments arguments);
void publish(Session& session, Arguments arguments);
void subscribe(Session& session, Arguments arguments);
void unsubscribe(Session& session, Arguments arguments);

/// Whether a word is the name, in capitals or not. The name is in capitals.
[[nodiscard]] bool is_word(std::string_view word, std::string_view name);

}  // namespace commands

}  // namespace mini_redis
