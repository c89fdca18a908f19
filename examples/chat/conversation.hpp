// SPDX-License-Identifier: MIT
// What the server and one person say to each other, over whatever link.
#pragma once

#include "room.hpp"
#include <edo/edo.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chat {

/// How long the server waits for what.
struct Timing {
    Timing() = default;

    /// Between two questions whether somebody is still there; after two without an answer he is
    /// not. 0 means that nobody is asked.
    std::chrono::milliseconds heartbeat{30'000};
    /// For a link to take one line.
    std::chrono::milliseconds patience{10'000};
    /// For a name.
    std::chrono::milliseconds introduction{60'000};
};

constexpr std::size_t kLongestLine = 1000;
/// So many lines are sent together, if there are.
constexpr std::size_t kMostAtOnce = 64;

/// What was heard over a link: a line, or nothing at its end. An empty line is a sign of life.
using Heard = edo::Result<std::optional<std::string>>;

/// The name that somebody asks for, or why he cannot have it, after a '*'.
[[nodiscard]] std::string checked_name(const std::string& line);
/// Says on standard output that somebody has come or gone.
void report(const std::string& line);

/// @tparam Link Has `next()`, a Task<Heard>, which is cancel safe; `send(line)`, `send_all(lines)`
///     and `ping()`, tasks of Result<void>. While one branch awaits `next`, another one may send.
template <class Link>
class Conversation {
public:
    Conversation(Link& link, Room& room, const Timing& timing)
        : link_(link), room_(room), timing_(timing) {}

    edo::Task<void> run(std::string who) {
        std::optional<Member> member = co_await introduce();
        if (!member) {
            co_return;
        }
        report(member->name() + " has joined from " + who);
        // Hears and tells at the same time. Whatever ends one ends the other.
        auto first = co_await edo::select(hear(*member), tell(*member));
        const std::string why = first.match([](std::string heard) { return heard; },
                                            [](std::string told) { return told; });
        report(member->name() + " " + why);
        member->leave_because(why);
    }

private:
    /// Asks for a name until there is one that is free; gives up in the end.
    edo::Task<std::optional<Member>> introduce() {
        auto member = co_await edo::timeout(timing_.introduction, ask());
        if (!member) {
            co_return std::nullopt;
        }
        co_return std::move(*member);
    }

    edo::Task<std::optional<Member>> ask() {
        std::string question = "* What is your name?";
        for (int tries = 0; tries < 3; ++tries) {
            const auto asked = co_await link_.send(question);
            const Heard answer = co_await link_.next();
            if (!asked || !answer || !*answer) {
                co_return std::nullopt;
            }
            std::string name = checked_name(**answer);
            if (name.starts_with('*')) {
                question = name;
                continue;
            }
            auto member = room_.join(name);
            if (member) {
                member->remind("* Welcome, " + name + ". Here: " + room_.names());
                co_return member;
            }
            question = "* That name is taken.";
        }
        static_cast<void>(co_await link_.send(question));
        co_return std::nullopt;
    }

    edo::Task<std::string> hear(Member& member) {
        const std::chrono::milliseconds longest_silence = 2 * heartbeat();
        for (;;) {
            auto heard = co_await edo::timeout(longest_silence, link_.next());
            if (!heard) {
                co_return "does not answer";
            }
            if (!*heard) {
                co_return "is gone: " + heard->error().message();
            }
            if (!**heard) {
                co_return "has left";
            }
            const std::string& line = ***heard;
            if (line == "PING") {
                member.remind("PONG");
            } else if (!line.empty() && line != "PONG") {
                member.say(line);
            }
        }
    }

    edo::Task<std::string> tell(Member& member) {
        edo::Interval beats = edo::interval(heartbeat());
        co_await beats.tick();  // the first one comes at once
        std::vector<std::string> lines;
        for (;;) {
            lines.clear();
            auto next =
                co_await edo::select(member.queue().recv_many(lines, kMostAtOnce), beats.tick());
            if (next.template is<0>() && lines.empty()) {
                co_return "was too slow";
            }
            edo::Task<edo::Result<void>> sending =
                lines.empty() ? link_.ping() : link_.send_all(lines);
            auto sent = co_await edo::timeout(timing_.patience, std::move(sending));
            if (!sent) {
                co_return "was too slow";
            }
            if (!*sent) {
                co_return "is gone: " + sent->error().message();
            }
        }
    }

    [[nodiscard]] std::chrono::milliseconds heartbeat() const {
        constexpr std::chrono::milliseconds kNever = std::chrono::hours(24 * 365);
        return timing_.heartbeat.count() != 0 ? timing_.heartbeat : kNever;
    }

    Link& link_;
    Room& room_;
    Timing timing_;
};

}  // namespace chat
