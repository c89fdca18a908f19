// SPDX-License-Identifier: MIT
#include "key_hash.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <random>

namespace mini_redis {

namespace {

struct Seeds {
    Seeds() {
        std::random_device random;
        first = std::uint64_t{random()} << 32 | random();
        second = std::uint64_t{random()} << 32 | random();
    }
    std::uint64_t first;
    std::uint64_t second;
};

class SipState {
public:
    explicit SipState(const Seeds& seeds) noexcept
        : a_(seeds.first ^ 0x736f6d6570736575),
          b_(seeds.second ^ 0x646f72616e646f6d),
          c_(seeds.first ^ 0x6c7967656e657261),
          d_(seeds.second ^ 0x7465646279746573) {}

    void add(std::uint64_t word) noexcept {
        d_ ^= word;
        round();
        a_ ^= word;
    }
    [[nodiscard]] std::uint64_t finish() noexcept {
        c_ ^= 0xff;
        round();
        round();
        round();
        return a_ ^ b_ ^ c_ ^ d_;
    }

private:
    void round() noexcept {
        a_ += b_;
        b_ = std::rotl(b_, 13) ^ a_;
        a_ = std::rotl(a_, 32);
        c_ += d_;
        d_ = std::rotl(d_, 16) ^ c_;
        a_ += d_;
        d_ = std::rotl(d_, 21) ^ a_;
        c_ += b_;
        b_ = std::rotl(b_, 17) ^ c_;
        c_ = std::rotl(c_, 32);
    }

    std::uint64_t a_;
    std::uint64_t b_;
    std::uint64_t c_;
    std::uint64_t d_;
};

}  // namespace

std::size_t KeyHash::operator()(std::string_view key) const noexcept {
    static const Seeds seeds;
    SipState state(seeds);
    std::uint64_t last = std::uint64_t{key.size()} << 56;
    for (; key.size() >= sizeof last; key.remove_prefix(sizeof last)) {
        std::uint64_t word = 0;
        std::memcpy(&word, key.data(), sizeof word);
        state.add(word);
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, key.data(), key.size());  // less than a word
    state.add(last | rest);
    return state.finish();
}

}  // namespace mini_redis
