// SPDX-License-Identifier: MIT
#include "checker/shadow.hpp"

#include <cstdio>
#include <cstdlib>

namespace edo::model {

Shadow::Shadow() : granules_(kGranules) {}

void Shadow::reset() noexcept {
    ++generation_;
    used_ = 0;
}

Shadow::Granule& Shadow::granule(std::uintptr_t key) noexcept {
    std::size_t at = (key * 0x9E3779B97F4A7C15U) >> 49;
    for (;; at = (at + 1) % kGranules) {
        Granule& granule = granules_[at];
        if (granule.generation == generation_) {
            if (granule.key == key) {
                return granule;
            }
            continue;
        }
        if (++used_ > kGranules * 3 / 4) {
            std::fputs("model: one execution touches too much memory\n", stderr);
            std::_Exit(2);
        }
        granule.generation = generation_;
        granule.key = key;
        granule.has_atomic = false;
        granule.records.clear();
        return granule;
    }
}

/// Returns whether the access races with an earlier one, which is then in `race_`.
bool Shadow::record(Granule& granule, const VectorClock& clock, const Record& access) {
    std::size_t kept = 0;
    for (const Record& earlier : granule.records) {
        const bool overlaps = (earlier.bytes & access.bytes) != 0;
        const bool ordered =
            earlier.thread == access.thread || clock[earlier.thread] >= earlier.epoch;
        if (overlaps && !ordered && (earlier.write || access.write) &&
            !(earlier.atomic && access.atomic)) {
            race_ = {earlier.thread, earlier.write, earlier.atomic, earlier.pc, 0};
            return true;
        }
        // What comes after the new access in the same bytes and conflicts with the earlier one
        // conflicts with the new one as well.
        const bool covered = ordered && (earlier.bytes & ~access.bytes) == 0 &&
                             (access.write || !earlier.write) && (earlier.atomic || !access.atomic);
        if (!covered) {
            granule.records[kept++] = earlier;
        }
    }
    granule.records.resize(kept);
    granule.records.push_back(access);
    granule.has_atomic = granule.has_atomic || access.atomic;
    return false;
}

const Shadow::Race* Shadow::access(unsigned thread, const VectorClock& clock,
                                   const Access& access) {
    std::uintptr_t at = access.address;
    const std::uintptr_t end = at + access.size;
    while (at < end) {
        const std::uintptr_t key = at / 8;
        const std::uintptr_t next = std::min(end, (key + 1) * 8);
        const unsigned first = unsigned(at % 8);
        const auto bytes = std::uint8_t(((1U << (next - at)) - 1U) << first);
        const Record made{clock[thread], std::uint8_t(thread), bytes,
                          access.write,  access.atomic,        access.pc};
        if (record(granule(key), clock, made)) {
            race_.address = at;
            return &race_;
        }
        at = next;
    }
    return nullptr;
}

bool Shadow::near_atomic(std::uintptr_t address, std::size_t size) noexcept {
    for (std::uintptr_t key = address / 8; key <= (address + size - 1) / 8; ++key) {
        if (granule(key).has_atomic) {
            return true;
        }
    }
    return false;
}

}  // namespace edo::model
