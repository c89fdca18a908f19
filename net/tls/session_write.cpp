// SPDX-License-Identifier: MIT
// How a session puts plain bytes into records.
#include "edo/net/tls/openssl_error.hpp"
#include "edo/net/tls/session.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace edo::tls {

namespace {

constexpr std::size_t kLargestRecord = 16384;
constexpr std::size_t kRecordOverhead = 64;  // more than any cipher adds to a record

}  // namespace

Step Session::write_locked(ConstBytes bytes) noexcept {
    std::size_t count = 0;
    const int returned = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count);
    return returned == 1 ? Step(Step::Kind::Done, count) : explain(returned);
}

Step Session::write(ConstBytes bytes) noexcept {
    return write(std::span<const ConstBytes>(&bytes, 1));
}

Step Session::write(std::span<const ConstBytes> buffers) noexcept {
    const std::lock_guard guard(mutex_);
    if (failure_) {
        return Step(failure_);
    }
    if (is_closed()) {
        return Step(std::make_error_code(std::errc::broken_pipe));
    }
    detail::clear_openssl_errors();
    std::size_t wanted = 0;
    for (const ConstBytes& buffer : buffers) {
        wanted = std::min(wanted + buffer.size(), kMostAtOnce);
    }
    try {
        const std::size_t records = wanted / kLargestRecord + 1;
        out_.reserve(out_.size() + wanted + records * kRecordOverhead);
    } catch (const std::bad_alloc&) {
        return Step(Errc::OutOfMemory);
    }
    Step step = Step(Step::Kind::Done);
    std::size_t total = 0;
    std::array<std::byte, kLargestRecord> joined;
    std::size_t index = 0;
    std::size_t offset = 0;  // in buffers[index]
    while (total < wanted) {
        ConstBytes piece = buffers[index].subspan(offset).first(
            std::min(buffers[index].size() - offset, wanted - total));
        std::size_t joined_size = 0;
        if (piece.size() < kLargestRecord && piece.size() < wanted - total) {
            // Small buffers go into one record together.
            std::size_t i = index;
            std::size_t begin = offset;
            const std::size_t most = std::min(kLargestRecord, wanted - total);
            while (joined_size < most) {
                const std::size_t part = std::min(buffers[i].size() - begin, most - joined_size);
                if (part != 0) {
                    std::memcpy(joined.data() + joined_size, buffers[i].data() + begin, part);
                }
                joined_size += part;
                ++i;
                begin = 0;
            }
            piece = ConstBytes(joined).first(joined_size);
        }
        if (piece.empty()) {
            ++index;
            offset = 0;
            continue;
        }
        step = write_locked(piece);
        if (step.kind() != Step::Kind::Done) {
            break;
        }
        total += step.count();
        for (std::size_t left = step.count(); left != 0;) {
            const std::size_t part = std::min(left, buffers[index].size() - offset);
            left -= part;
            offset += part;
            if (offset == buffers[index].size()) {
                ++index;
                offset = 0;
            }
        }
    }
    note_output();
    return total != 0 ? Step(Step::Kind::Done, total) : step;
}

}  // namespace edo::tls
