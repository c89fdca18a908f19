// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace edo::detail {

/// The name of a task: one word, null for most. Copies share the text.
class TaskName {
public:
    TaskName() noexcept = default;
    explicit TaskName(std::string_view text) : shared_(new Shared(text)) {}
    TaskName(const TaskName& other) noexcept : shared_(other.shared_) {
        if (shared_ != nullptr) {
            shared_->owners.fetch_add(1, std::memory_order_relaxed);
        }
    }
    TaskName(TaskName&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
    TaskName& operator=(TaskName other) noexcept {
        std::swap(shared_, other.shared_);
        return *this;
    }
    ~TaskName() {
        // Release and acquire: the last owner frees what the others have read.
        if (shared_ != nullptr && shared_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete shared_;
        }
    }

    [[nodiscard]] bool empty() const noexcept { return shared_ == nullptr; }
    [[nodiscard]] std::string_view text() const noexcept {
        return shared_ != nullptr ? std::string_view(shared_->text) : std::string_view();
    }

private:
    struct Shared {
        explicit Shared(std::string_view name) : text(name) {}
        std::atomic<std::uint32_t> owners{1};
        const std::string text;
    };
    Shared* shared_ = nullptr;
};

}  // namespace edo::detail
