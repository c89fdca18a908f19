// SPDX-License-Identifier: MIT
// What a task-local value is, here and now.
#pragma once

#include <edo/edo.hpp>
#include <edo/runtime/task_local.hpp>

#include <string>
#include <utility>

namespace edo::test {

inline std::string seen(const edo::TaskLocal<std::string>& key) {
    return key.try_get().value_or("-");
}

/// Looks at the key now and after each of two suspensions.
inline edo::Task<std::string> looks(const edo::TaskLocal<std::string>& key) {
    std::string all = seen(key);
    co_await edo::yield_now();
    all += seen(key);
    co_await edo::yield_now();
    co_return all + seen(key);
}

/// Appends what the key is at the end of its life.
class SeenAtDestruction {
public:
    SeenAtDestruction(const edo::TaskLocal<std::string>& key, std::string& all)
        : key_(&key), all_(&all) {}
    SeenAtDestruction(SeenAtDestruction&& other) noexcept
        : key_(other.key_), all_(std::exchange(other.all_, nullptr)) {}
    SeenAtDestruction& operator=(SeenAtDestruction&&) = delete;
    ~SeenAtDestruction() {
        if (all_ != nullptr) {
            *all_ += seen(*key_);
        }
    }

private:
    const edo::TaskLocal<std::string>* key_;
    std::string* all_;
};

}  // namespace edo::test
