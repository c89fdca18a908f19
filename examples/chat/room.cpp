// SPDX-License-Identifier: MIT
#include "room.hpp"

#include <vector>

namespace chat {

std::optional<Member> Room::join(const std::string& name) {
    auto [sender, receiver] = edo::sync::mpsc::channel<std::string>(kLongestQueue);
    const std::lock_guard lock(mutex_);
    const auto [place, is_new] = places_.try_emplace(name, Place{last_id_ + 1, std::move(sender)});
    if (!is_new) {
        return std::nullopt;
    }
    ++last_id_;
    spread(name, "* " + name + " has joined");
    return std::optional<Member>(std::in_place, *this, name, last_id_, std::move(receiver));
}

std::string Room::names() const {
    const std::lock_guard lock(mutex_);
    std::string names;
    for (const auto& [name, place] : places_) {
        names += (names.empty() ? "" : ", ") + name;
    }
    return names;
}

void Room::say(const std::string& from, const std::string& line) {
    const std::lock_guard lock(mutex_);
    if (places_.contains(from)) {
        spread(from, line);
    }
}

void Room::tell(const std::string& name, const std::string& line) {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(name);
    if (place != places_.end()) {
        static_cast<void>(place->second.queue.try_send(line));
    }
}

void Room::leave(const std::string& name, std::uint64_t id, std::string_view why) {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(name);
    if (place == places_.end() || place->second.id != id) {
        return;  // was too slow, and everybody has been told
    }
    places_.erase(place);
    spread(name, "* " + name + " " + std::string(why));
}

void Room::spread(const std::string& from, std::string line) {
    // What there is to say about those who are too slow may be too much for others.
    std::vector<std::string> lines{std::move(line)};
    while (!lines.empty()) {
        const std::string next = std::move(lines.back());
        lines.pop_back();
        for (auto place = places_.begin(); place != places_.end();) {
            if (place->first == from || place->second.queue.try_send(next)) {
                ++place;
                continue;
            }
            lines.push_back("* " + place->first + " was too slow");
            place = places_.erase(place);  // which ends the queue
        }
    }
}

}  // namespace chat
