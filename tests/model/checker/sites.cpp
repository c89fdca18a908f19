// SPDX-License-Identifier: MIT
#include "checker/sites.hpp"

#include "checker/symbolizer.hpp"

#include <algorithm>

namespace edo::model {

const char* name_of(Operation operation) noexcept {
    constexpr const char* kNames[] = {"load", "store", "update", "compare-and-swap", "fence"};
    return kNames[unsigned(operation)];
}

const char* name_of(Order order) noexcept {
    constexpr const char* kNames[] = {"relaxed", "consume", "acquire",
                                      "release", "acq_rel", "seq_cst"};
    return kNames[unsigned(order)];
}

Order lowered(Order order, Order most) noexcept {
    const bool acquire = acquires(order) && acquires(most);
    const bool release = releases(order) && releases(most);
    if (acquire && release) {
        return order == most ? order : Order::AcqRel;
    }
    return acquire ? Order::Acquire : release ? Order::Release : Order::Relaxed;
}

std::vector<Order> weaker_than(Order order, Operation operation) {
    const bool both = operation == Operation::Update || operation == Operation::CompareAndSwap;
    std::vector<Order> weaker{Order::Relaxed};
    if (both && (order == Order::AcqRel || order == Order::SeqCst)) {
        weaker.push_back(Order::Acquire);
        weaker.push_back(Order::Release);
    }
    if (order == Order::SeqCst && operation != Operation::Fence) {
        weaker.push_back(Order::AcqRel);
    }
    return weaker;
}

Sites::Site& Sites::at(const void* pc, Operation operation, Order order) {
    Site& site = sites_[pc];
    if (site.pc == nullptr) {
        site.pc = pc;
        site.operation = operation;
        site.weakened = order != Order::Relaxed && matches(site);
        hit_ = hit_ || site.weakened;
    }
    site.order = std::max(site.order, order);
    return site;
}

bool Sites::matches(const Site& site) const {
    if (weakened_.function != nullptr) {
        const std::vector<Frame> frames = frames_of(site.pc);
        return std::any_of(frames.begin(), frames.end(), [this](const Frame& frame) {
            return frame.function.find(weakened_.function) != std::string::npos &&
                   frame.source().find(weakened_.text) != std::string::npos;
        });
    }
    if (key_.line == 0 || site.operation != key_.operation) {
        return false;
    }
    const std::vector<Frame> frames = frames_of(site.pc);
    return !frames.empty() && frames.front().line == key_.line && frames.front().file == key_.file;
}

void Sites::clear() {
    sites_.clear();
    weakened_ = {nullptr, nullptr};
    key_ = {};
    most_ = Order::Relaxed;
    hit_ = false;
}

void Sites::weaken(const Weakened& what) {
    start_symbolizer();
    clear();
    weakened_ = what;
}

void Sites::weaken(const SiteKey& what, Order most) {
    start_symbolizer();
    clear();
    key_ = what;
    most_ = most;
}

void Sites::weaken_nothing() {
    clear();
}

std::vector<SiteKey> Sites::ordered_sites() const {
    start_symbolizer();
    std::vector<SiteKey> keys;
    for (const auto& [pc, site] : sites_) {
        const std::vector<Frame> frames = frames_of(pc);
        if (site.order == Order::Relaxed || frames.empty()) {
            continue;
        }
        const Frame& innermost = frames.front();
        const auto known = std::find_if(keys.begin(), keys.end(), [&](const SiteKey& key) {
            return key.line == innermost.line && key.file == innermost.file &&
                   key.operation == site.operation;
        });
        if (known == keys.end()) {
            keys.push_back(
                {innermost.function, innermost.file, innermost.line, site.operation, site.order});
        } else {
            known->order = std::max(known->order, site.order);
        }
    }
    std::sort(keys.begin(), keys.end(), [](const SiteKey& a, const SiteKey& b) {
        return a.file != b.file ? a.file < b.file : a.line < b.line;
    });
    return keys;
}

}  // namespace edo::model
