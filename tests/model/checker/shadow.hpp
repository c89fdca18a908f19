// SPDX-License-Identifier: MIT
// Who has accessed which bytes, and whether two accesses race.
#pragma once

#include "checker/clocks.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace edo::model {

struct Access {
    std::uintptr_t address;
    std::size_t size;
    bool write;
    bool atomic;
    const void* pc;
};

/// Two accesses to one byte race if one of them writes, they are not both atomic, and neither
/// happens before the other.
class Shadow {
public:
    struct Race {
        unsigned thread;  ///< of the earlier access
        bool write;
        bool atomic;
        const void* pc;
        std::uintptr_t address;
    };

    Shadow();
    void reset() noexcept;

    /// Records the access. Returns the race that it takes part in, or null.
    const Race* access(unsigned thread, const VectorClock& clock, const Access& access);
    /// Whether bytes near by were accessed atomically.
    bool near_atomic(std::uintptr_t address, std::size_t size) noexcept;

private:
    struct Record {
        std::uint32_t epoch;
        std::uint8_t thread;
        std::uint8_t bytes;  // which of the eight
        bool write;
        bool atomic;
        const void* pc;
    };
    struct Granule {
        std::uintptr_t key = 0;
        std::uint32_t generation = 0;
        bool has_atomic = false;
        std::vector<Record> records;
    };

    Granule& granule(std::uintptr_t key) noexcept;
    bool record(Granule& granule, const VectorClock& clock, const Record& access);

    static constexpr std::size_t kGranules = std::size_t{1} << 15;
    std::vector<Granule> granules_;  // open addressing; those of older generations are free
    std::size_t used_ = 0;
    std::uint32_t generation_ = 1;
    Race race_{};
};

}  // namespace edo::model
