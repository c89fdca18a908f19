// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/file_body.hpp"

#include "edo/net/http/error.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace edo::http::filter::detail {

namespace {

/// A part of a file, and what is sent in front of it.
struct Part {
    Part(std::string text, ByteRange bytes) : head(std::move(text)), range(bytes) {}
    std::string head;
    ByteRange range;
};

class FileSource final : public BodySource {
public:
    /// @param tail What is sent behind the last part.
    FileSource(edo::fs::File file, std::vector<Part> parts, std::string tail)
        : file_(std::move(file)), parts_(std::move(parts)), tail_(std::move(tail)) {}

    Task<Result<std::optional<std::string>>> next() override {
        for (; at_ < parts_.size(); ++at_) {
            Part& part = parts_[at_];
            if (!part.head.empty()) {
                co_return std::optional<std::string>(std::exchange(part.head, {}));
            }
            if (part.range.first < part.range.end) {
                co_return co_await read(part.range);
            }
        }
        if (tail_.empty()) {
            co_return std::optional<std::string>();
        }
        co_return std::optional<std::string>(std::exchange(tail_, {}));
    }

    std::optional<std::uint64_t> size() const override {
        std::uint64_t size = tail_.size();
        for (std::size_t i = at_; i < parts_.size(); ++i) {
            size += parts_[i].head.size() + (parts_[i].range.end - parts_[i].range.first);
        }
        return size;
    }

private:
    Task<Result<std::optional<std::string>>> read(ByteRange& range) {
        std::string piece(std::size_t(std::min(kFilePiece, range.end - range.first)), '\0');
        const std::span<char> room(piece);
        const auto count = co_await file_.read_at(std::as_writable_bytes(room), range.first);
        if (!count) {
            co_return failure(count.error());
        }
        if (*count == 0) {
            co_return failure(make_error_code(Errc::Truncated));
        }
        range.first += *count;
        piece.resize(*count);
        co_return std::optional<std::string>(std::move(piece));
    }

    edo::fs::File file_;
    std::vector<Part> parts_;
    std::size_t at_ = 0;
    std::string tail_;
};

}  // namespace

Body file_body(edo::fs::File file, ByteRange range) {
    std::vector<Part> parts;
    parts.emplace_back(std::string(), range);
    return Body(std::make_unique<FileSource>(std::move(file), std::move(parts), std::string()));
}

Body file_parts_body(edo::fs::File file, const std::vector<ByteRange>& ranges, std::uint64_t size,
                     std::string_view content_type, std::string_view boundary) {
    std::vector<Part> parts;
    for (const ByteRange& range : ranges) {
        std::string head = parts.empty() ? "--" : "\r\n--";
        head += boundary;
        head += "\r\nContent-Type: ";
        head += content_type;
        head += "\r\nContent-Range: " + content_range(range, size) + "\r\n\r\n";
        parts.emplace_back(std::move(head), range);
    }
    std::string tail = "\r\n--" + std::string(boundary) + "--\r\n";
    return Body(std::make_unique<FileSource>(std::move(file), std::move(parts), std::move(tail)));
}

std::string content_range(ByteRange range, std::uint64_t size) {
    return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.end - 1) + "/" +
           std::to_string(size);
}

}  // namespace edo::http::filter::detail
