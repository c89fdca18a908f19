// SPDX-License-Identifier: MIT
// The bytes that a connection has read and not used yet. Owns memory only while there are any.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace edo::http::detail {

class Input {
public:
    Input() noexcept = default;
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;
    ~Input() { release(); }

    [[nodiscard]] std::string_view bytes() const noexcept {
        return {block_ + begin_, end_ - begin_};
    }
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    void consume(std::size_t count) noexcept {
        begin_ += count;
        if (begin_ == end_) {
            begin_ = end_ = 0;
        }
    }

    /// Room behind the bytes, for at least one more; empty if there is no memory. What `bytes` has
    /// returned is not valid any more.
    [[nodiscard]] std::span<std::byte> room() noexcept;
    /// So many bytes were put into the room.
    void added(std::size_t count) noexcept { end_ += count; }

    /// Gives the memory back if there are no bytes.
    void release_if_empty() noexcept {
        if (empty()) {
            release();
        }
    }
    /// Takes the bytes out.
    [[nodiscard]] std::string take() {
        std::string rest(bytes());
        begin_ = end_ = 0;
        release();
        return rest;
    }

    /// The size of a block at first.
    static constexpr std::size_t kBlock = std::size_t{8} * 1024;

private:
    [[nodiscard]] bool grow() noexcept;
    void release() noexcept;

    char* block_ = nullptr;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace edo::http::detail
