// SPDX-License-Identifier: MIT
// What happened in an execution, to be printed if it fails.
#pragma once

#include "checker/memory.hpp"
#include "checker/sites.hpp"

#include <string>
#include <vector>

namespace edo::model {

class Trace {
public:
    enum class What : std::uint8_t {
        Operation,
        Swapped,
        NotSwapped,
        Allocated,
        Freed,
        Waits,
        Yields,
        Ends,
    };
    struct Event {
        unsigned thread = 0;
        What what{};
        Operation operation{};
        Order order{};
        bool weakened = false;
        unsigned size = 0;
        std::uint32_t behind = 0;
        const void* address = nullptr;
        std::uint64_t value = 0;    // read or written
        std::uint64_t written = 0;  // of an update
        const void* pc = nullptr;
    };

    void clear() noexcept { events_.clear(); }
    void add(const Event& event) { events_.push_back(event); }

    /// One line for each of the last events.
    [[nodiscard]] std::string text() const;

private:
    std::vector<Event> events_;
};

/// The place of `pc` for a reader: innermost function first, then the one that it is part of.
[[nodiscard]] std::string place_of(const void* pc);

}  // namespace edo::model
