// SPDX-License-Identifier: MIT
// The part of bounded and unbounded channels that knows the type of the values. `Core` is one of
// `MpscBoundedCore` and `MpscUnboundedCore`.
#pragma once

#include "edo/runtime/sync/mpsc_core.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo::detail {

template <class T>
struct MpscSlotOf {
    MpscSlot slot;  // first, so that the two have one address
    union {
        T value;
    };
    static MpscSlotOf& of(MpscSlot& slot) noexcept { return reinterpret_cast<MpscSlotOf&>(slot); }
};

template <class T, class Core>
class MpscChannel final : public Core {
public:
    using Value = T;
    static_assert(std::is_nothrow_destructible_v<T>);
    static_assert(alignof(T) <= alignof(std::max_align_t),
                  "memory of channels is aligned to 16 bytes: send a std::unique_ptr<T> instead");

    template <class... Args>
    explicit MpscChannel(Args... args) : Core(sizeof(MpscSlotOf<T>), args...) {}
    ~MpscChannel() { drop_values(); }

    /// Fills and publishes a slot that was claimed. If the value breaks, the receiver skips it.
    template <class U>
    void put(MpscSlot& slot, U&& value) {
        T* const place = std::addressof(MpscSlotOf<T>::of(slot).value);
        if constexpr (std::is_nothrow_constructible_v<T, U&&>) {
            std::construct_at(place, std::forward<U>(value));
        } else {
            try {
                std::construct_at(place, std::forward<U>(value));
            } catch (...) {
                this->publish(slot, MpscSlot::kVoid);
                throw;
            }
        }
        this->publish(slot, MpscSlot::kFull);
    }

    /// Takes the next value, which is in `slot`. If it breaks, it is lost.
    [[nodiscard]] T take(MpscSlot& slot) {
        struct GiveBack {
            MpscChannel& channel;
            T& value;
            ~GiveBack() {
                std::destroy_at(std::addressof(value));
                channel.advance();
                channel.release_received(1);
            }
        } const give_back{*this, MpscSlotOf<T>::of(slot).value};
        return T(std::move(give_back.value));
    }

    /// Moves up to `limit` values that are there to the end of `buffer`.
    std::size_t take_many(std::vector<T>& buffer, std::size_t limit);

    /// The receiver is gone: drops what is queued, and what senders are about to queue.
    void drain() noexcept {
        drop_values();
        for (unsigned round = 0; this->size() > 0; ++round) {
            spin_wait(round);
            drop_values();
        }
    }

private:
    void drop_values() noexcept {
        while (MpscSlot* const slot = this->front()) {
            std::destroy_at(std::addressof(MpscSlotOf<T>::of(*slot).value));
            this->advance();
            this->release_received(1);
        }
    }
};

template <class T, class Core>
std::size_t MpscChannel<T, Core>::take_many(std::vector<T>& buffer, std::size_t limit) {
    struct GiveBack {  // all permits at once
        MpscChannel& channel;
        std::size_t taken = 0;
        ~GiveBack() {
            if (taken > 0) {
                channel.release_received(taken);
            }
        }
    } give_back{*this};
    while (give_back.taken < limit) {
        MpscSlot* const slot = this->front();
        if (slot == nullptr) {
            break;
        }
        if (buffer.size() == buffer.capacity()) {  // before the value leaves its place
            const std::size_t more = std::min(limit - give_back.taken, this->size());
            buffer.reserve(std::max(buffer.size() + more, buffer.size() * 2));
        }
        struct Emptied {
            MpscChannel& channel;
            T& value;
            std::size_t& taken;
            ~Emptied() {
                std::destroy_at(std::addressof(value));
                channel.advance();
                ++taken;
            }
        } const emptied{*this, MpscSlotOf<T>::of(*slot).value, give_back.taken};
        buffer.push_back(std::move(emptied.value));
    }
    return give_back.taken;
}

}  // namespace edo::detail
