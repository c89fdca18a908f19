// SPDX-License-Identifier: MIT
#include "checker/trace.hpp"

#include "checker/symbolizer.hpp"

#include <cstdio>
#include <unordered_map>

namespace edo::model {

namespace {

constexpr std::size_t kShown = 200;

/// Numbers addresses in the order in which they appear: short, and the same in each run.
class Names {
public:
    std::string of(const void* address) {
        const auto [found, fresh] = names_.try_emplace(address, names_.size() + 1);
        return "#" + std::to_string(found->second);
    }

private:
    std::unordered_map<const void*, std::size_t> names_;
};

std::string hex(std::uint64_t value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 10 ? "%zu" : "0x%zx", std::size_t(value));
    return text;
}

std::string describe(const Trace::Event& event, Names& names) {
    using What = Trace::What;
    const std::string object = names.of(event.address);
    const std::string order =
        std::string(" ") + name_of(event.order) + (event.weakened ? " (weakened)" : "");
    switch (event.what) {
        case What::Allocated:
            return "allocates " + hex(event.value) + " bytes at " +
                   hex(reinterpret_cast<std::uintptr_t>(event.address));
        case What::Freed:
            return "frees " + hex(reinterpret_cast<std::uintptr_t>(event.address));
        case What::Waits:
            return "waits";
        case What::Yields:
            return "spins";
        case What::Ends:
            return "ends";
        case What::Swapped:
            return "swaps " + object + ": " + hex(event.value) + " -> " + hex(event.written) +
                   order;
        case What::NotSwapped:
            return "fails to swap " + object + ", finds " + hex(event.value) + order +
                   (event.behind != 0 ? ", " + std::to_string(event.behind) + " behind" : "");
        case What::Operation:
            break;
    }
    switch (event.operation) {
        case Operation::Load:
            return "loads " + object + " = " + hex(event.value) + order +
                   (event.behind != 0 ? ", " + std::to_string(event.behind) + " behind" : "");
        case Operation::Store:
            return "stores " + object + " = " + hex(event.value) + order;
        case Operation::Fence:
            return "fence" + order;
        default:
            return "updates " + object + ": " + hex(event.value) + " -> " + hex(event.written) +
                   order;
    }
}

}  // namespace

std::string place_of(const void* pc) {
    static std::unordered_map<const void*, std::string> known;
    std::string& place = known[pc];
    if (place.empty() && pc != nullptr) {
        start_symbolizer();
        const std::vector<Frame> frames = frames_of(pc);
        for (std::size_t i = 0; i < frames.size() && i < 3; ++i) {
            place += (i == 0 ? "" : " < ") + frames[i].text();
        }
        if (frames.empty()) {
            place = "a library";
        }
    }
    return place;
}

std::string Trace::text() const {
    std::string text;
    Names names;
    const std::size_t hidden = events_.size() > kShown ? events_.size() - kShown : 0;
    for (std::size_t i = 0; i < events_.size(); ++i) {
        const std::string what = describe(events_[i], names);
        if (i < hidden) {
            continue;
        }
        std::string line = "  thread " + std::to_string(events_[i].thread) + "  " + what;
        line.resize(std::max<std::size_t>(line.size(), 64), ' ');
        text += line + "  " + place_of(events_[i].pc) + "\n";
    }
    return text;
}

}  // namespace edo::model
