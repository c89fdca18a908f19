// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/sync/watch.hpp"
#include "edo/runtime/task/task.hpp"

#include <optional>
#include <utility>

namespace edo::stream {

/// The values of a watch channel; made by `from_watch` and `from_changes`.
template <class T>
class WatchStream {
public:
    using Item = T;

    WatchStream(sync::watch::Receiver<T> receiver, bool current_first)
        : receiver_(std::move(receiver)), current_first_(current_first) {}

    /// The next value; `std::nullopt` when the sender is gone. Values in between that were replaced
    /// by later ones are not seen. Cancel safe.
    [[nodiscard]] Task<std::optional<T>> next() {
        if (!current_first_) {
            const auto changed = co_await receiver_.changed();
            if (!changed) {
                co_return std::nullopt;
            }
        }
        current_first_ = false;
        const auto current = receiver_.borrow_and_update();
        co_return std::optional<T>(*current);
    }

    [[nodiscard]] sync::watch::Receiver<T>& receiver() noexcept { return receiver_; }

private:
    sync::watch::Receiver<T> receiver_;
    bool current_first_;
};

/// A stream of the current value of a watch channel, and of copies of those that come later.
/// @par Example
/// @snippet stream.cpp from_watch
template <class T>
[[nodiscard]] WatchStream<T> from_watch(sync::watch::Receiver<T> receiver) {
    return WatchStream<T>(std::move(receiver), true);
}

/// The same without the current value, if that was seen before.
template <class T>
[[nodiscard]] WatchStream<T> from_changes(sync::watch::Receiver<T> receiver) {
    return WatchStream<T>(std::move(receiver), false);
}

}  // namespace edo::stream
