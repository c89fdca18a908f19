// SPDX-License-Identifier: MIT
#include "checker/choices.hpp"

namespace edo::model {

void Choices::start(const Limits& limits) {
    limits_ = limits;
    random_ = false;
    path_.clear();
    rewind();
}

void Choices::start_random(std::uint64_t seed) {
    random_ = true;
    generator_.seed(std::uint32_t(seed));
    rewind();
}

void Choices::rewind() noexcept {
    depth_ = 0;
    has_diverged_ = false;
    preemptions_ = 0;
    stale_reads_ = 0;
}

bool Choices::advance() {
    if (random_) {
        return true;
    }
    while (!path_.empty() && path_.back().taken + 1 == path_.back().count) {
        path_.pop_back();
    }
    if (path_.empty()) {
        return false;
    }
    ++path_.back().taken;
    return true;
}

unsigned Choices::choose(unsigned count) {
    if (count <= 1) {
        return 0;
    }
    if (depth_ == path_.size()) {
        path_.push_back({0, std::uint16_t(count)});
    }
    const Choice& choice = path_[depth_++];
    if (choice.count != count) {
        has_diverged_ = true;
        return 0;
    }
    return choice.taken;
}

unsigned Choices::preempt(unsigned count) {
    if (random_) {
        return generator_() % 8 == 0 ? generator_() % count : 0;
    }
    if (preemptions_ == limits_.preemptions) {
        return 0;
    }
    const unsigned chosen = choose(count);
    preemptions_ += chosen != 0 ? 1 : 0;
    return chosen;
}

unsigned Choices::next_thread(unsigned count) {
    return random_ ? generator_() % count : choose(count);
}

unsigned Choices::stale_read(unsigned count) {
    if (random_) {
        return generator_() % 4 == 0 ? generator_() % count : 0;
    }
    if (stale_reads_ == limits_.stale_reads) {
        return 0;
    }
    const unsigned chosen = choose(count);
    stale_reads_ += chosen != 0 ? 1 : 0;
    return chosen;
}

}  // namespace edo::model
