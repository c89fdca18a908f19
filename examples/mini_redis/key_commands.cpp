// SPDX-License-Identifier: MIT
// The commands on keys and values.
#include "commands.hpp"
#include "reply.hpp"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mini_redis::commands {

namespace {

using Milliseconds = Store::Milliseconds;

constexpr std::string_view kNotANumber = "ERR value is not an integer or out of range";

std::optional<std::int64_t> to_number(std::string_view text) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (text.empty() || error != std::errc() || stopped != end) {
        return std::nullopt;
    }
    return number;
}

/// Times beyond the limit, in both directions, are none.
std::optional<Milliseconds> to_time(std::int64_t count, Milliseconds unit) {
    const std::int64_t limit = Store::kLongestTime / unit;
    if (count > limit || count < -limit) {
        return std::nullopt;
    }
    return count * unit;
}

void refuse_time(Session& session, std::string_view command) {
    reply::error(session.out, "ERR invalid expire time in '" + std::string(command) + "' command");
}

void expire_in(Session& session, Arguments arguments, Milliseconds unit) {
    const std::optional<std::int64_t> count = to_number(arguments[2]);
    if (!count) {
        reply::error(session.out, kNotANumber);
        return;
    }
    const std::optional<Milliseconds> time = to_time(*count, unit);
    if (!time) {
        refuse_time(session, arguments[0]);
        return;
    }
    reply::integer(session.out, session.shared.store.expire(arguments[1], *time) ? 1 : 0);
}

void time_left_in(Session& session, Arguments arguments, Milliseconds unit) {
    const Store::TimeLeft left = session.shared.store.time_left(arguments[1]);
    if (!left.exists) {
        reply::integer(session.out, -2);
    } else if (!left.time) {
        reply::integer(session.out, -1);
    } else {
        reply::integer(session.out, (*left.time + unit / 2) / unit);
    }
}

}  // namespace

void get(Session& session, Arguments arguments) {
    const Value value = session.shared.store.get(arguments[1]);
    if (value == nullptr) {
        reply::null(session.out);
    } else {
        reply::bulk(session.out, *value);
    }
}

/// SET key value [EX seconds | PX milliseconds]
void set(Session& session, Arguments arguments) {
    std::optional<Milliseconds> time;
    if (arguments.size() > 3) {
        const bool is_seconds = is_word(arguments[3], "EX");
        if (arguments.size() != 5 || (!is_seconds && !is_word(arguments[3], "PX"))) {
            reply::error(session.out, "ERR syntax error");
            return;
        }
        const std::optional<std::int64_t> count = to_number(arguments[4]);
        if (!count) {
            reply::error(session.out, kNotANumber);
            return;
        }
        time = to_time(*count, is_seconds ? std::chrono::seconds(1) : Milliseconds(1));
        if (!time || *time <= Milliseconds::zero()) {
            refuse_time(session, arguments[0]);
            return;
        }
    }
    session.shared.store.set(arguments[1], std::make_shared<const std::string>(arguments[2]), time);
    reply::simple(session.out, "OK");
}

void del(Session& session, Arguments arguments) {
    std::int64_t count = 0;
    for (const std::string_view key : arguments.subspan(1)) {
        count += session.shared.store.remove(key) ? 1 : 0;
    }
    reply::integer(session.out, count);
}

void exists(Session& session, Arguments arguments) {
    std::int64_t count = 0;
    for (const std::string_view key : arguments.subspan(1)) {
        count += session.shared.store.contains(key) ? 1 : 0;
    }
    reply::integer(session.out, count);
}

void incr(Session& session, Arguments arguments) {
    const auto number = session.shared.store.increment(arguments[1]);
    if (number) {
        reply::integer(session.out, *number);
    } else if (number.error() == Store::IncrementError::NotANumber) {
        reply::error(session.out, kNotANumber);
    } else {
        reply::error(session.out, "ERR increment or decrement would overflow");
    }
}

void expire(Session& session, Arguments arguments) {
    expire_in(session, arguments, std::chrono::seconds(1));
}

void pexpire(Session& session, Arguments arguments) {
    expire_in(session, arguments, Milliseconds(1));
}

void ttl(Session& session, Arguments arguments) {
    time_left_in(session, arguments, std::chrono::seconds(1));
}

void pttl(Session& session, Arguments arguments) {
    time_left_in(session, arguments, Milliseconds(1));
}

}  // namespace mini_redis::commands
