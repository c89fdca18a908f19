// SPDX-License-Identifier: MIT
// Who is in the chat, and what they are told.
#pragma once

#include <edo/runtime/sync/mpsc.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace chat {

class Member;

/// The members of a chat by name. Nobody ever waits for a member: each has a queue, and whoever
/// lets it become full has been too slow, and is no member any more.
///
/// May be used on any thread, and must outlive its members.
class Room {
public:
    /// How many lines may wait for a member who does not read.
    static constexpr std::size_t kLongestQueue = 1024;

    /// Lets somebody in, and tells the others. Nothing if the name is taken.
    [[nodiscard]] std::optional<Member> join(const std::string& name);
    /// "alice, bob"
    [[nodiscard]] std::string names() const;

private:
    friend class Member;
    struct Place {
        std::uint64_t id;  // tells a member from a later one of the same name
        edo::sync::mpsc::Sender<std::string> queue;
    };

    void say(const std::string& from, const std::string& line);
    void tell(const std::string& name, const std::string& line);
    void leave(const std::string& name, std::uint64_t id, std::string_view why);
    /// Puts a line into the queues of all but one. With the lock.
    void spread(const std::string& from, std::string line);

    mutable std::mutex mutex_;  // never held across a wait
    std::map<std::string, Place> places_;
    std::uint64_t last_id_ = 0;
};

/// One's place in the room. It is given up with the object.
class Member {
public:
    Member(Room& room, std::string name, std::uint64_t id,
           edo::sync::mpsc::Receiver<std::string> queue)
        : room_(&room), name_(std::move(name)), id_(id), queue_(std::move(queue)) {}
    Member(Member&& other) noexcept
        : room_(std::exchange(other.room_, nullptr)),
          name_(std::move(other.name_)),
          id_(other.id_),
          queue_(std::move(other.queue_)),
          why_(std::move(other.why_)) {}
    Member& operator=(Member&&) = delete;
    ~Member() {
        if (room_ != nullptr) {
            room_->leave(name_, id_, why_);
        }
    }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// Says a line to all others.
    void say(const std::string& line) { room_->say(name_, name_ + ": " + line); }
    /// Puts a line into one's own queue.
    void remind(const std::string& line) { room_->tell(name_, line); }
    /// What one is told, line by line. Its end means that one was too slow.
    [[nodiscard]] edo::sync::mpsc::Receiver<std::string>& queue() noexcept { return queue_; }
    /// What the others are told at the end.
    void leave_because(std::string why) { why_ = std::move(why); }

private:
    Room* room_;  // nothing after a move
    std::string name_;
    std::uint64_t id_;
    edo::sync::mpsc::Receiver<std::string> queue_;
    std::string why_ = "has left";
};

}  // namespace chat
