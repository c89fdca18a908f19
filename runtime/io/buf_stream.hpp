// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/buf_reader.hpp"
#include "edo/runtime/io/buf_writer.hpp"
#include "edo/runtime/io/split.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo::detail {

/// A `BufWriter` whose stream can be read past it.
template <class S>
class ReadableBufWriter : public io::BufWriter<S> {
public:
    using io::BufWriter<S>::BufWriter;
    [[nodiscard]] auto read(std::span<std::byte> buffer) { return this->inner().read(buffer); }
};

}  // namespace edo::detail

namespace edo::io {

/// A stream with a buffer for either direction: a `BufReader` and a `BufWriter` in one.
///
/// **Call `flush` or `shutdown` before you drop it**, and before you wait for an answer: what is
/// still in the buffer has not been sent.
///
/// ```cpp
/// edo::io::BufStream borrowed(stream);            // uses the stream, which must outlive it
/// edo::io::BufStream owner(std::move(stream));    // keeps the stream
/// ```
///
/// @tparam S The stream, or a reference to it.
///
/// @par Cancel safety
/// Every operation but `read_exact` and `write_all` is cancel safe, as in `BufReader` and
/// `BufWriter`.
/// @par Thread safety
/// One task may read while another one writes, if the stream allows that.
/// @par Example
/// @snippet io_streams.cpp buf_stream
template <class S>
    requires AsyncReadWrite<std::remove_reference_t<S>>
class BufStream {
public:
    /// @param read_capacity, write_capacity The sizes of the buffers, allocated when first used.
    explicit BufStream(S&& inner, std::size_t read_capacity = kDefaultBufferSize,
                       std::size_t write_capacity = kDefaultBufferSize)
        : reader_(Writer(std::forward<S>(inner), write_capacity), read_capacity) {}

    /// See `BufReader`, which describes this and the following operations.
    Task<Result<std::size_t>> read(std::span<std::byte> to) { return reader_.read(to); }
    Task<Result<void>> read_exact(std::span<std::byte> to) { return reader_.read_exact(to); }
    Task<Result<std::span<const std::byte>>> fill_buf() { return reader_.fill_buf(); }
    void consume(std::size_t count) noexcept { reader_.consume(count); }
    Task<Result<std::vector<std::byte>>> read_until(std::byte delimiter,
                                                    std::size_t limit = kDefaultLineLimit) {
        return reader_.read_until(delimiter, limit);
    }
    Task<Result<std::optional<std::string>>> read_line(std::size_t limit = kDefaultLineLimit) {
        return reader_.read_line(limit);
    }

    /// See `BufWriter`, which describes this and the following operations.
    Task<Result<std::size_t>> write(std::span<const std::byte> bytes) {
        return writer().write(bytes);
    }
    Task<Result<void>> write_all(std::span<const std::byte> bytes) {
        return writer().write_all(bytes);
    }
    Task<Result<void>> write_all(std::string_view text) { return writer().write_all(text); }
    Task<Result<void>> flush() { return writer().flush(); }
    Task<Result<void>> shutdown()
        requires detail::HasShutdown<std::remove_reference_t<S>>
    {
        return writer().shutdown();
    }

    /// What was read and not taken out yet.
    [[nodiscard]] std::span<const std::byte> read_buffer() const noexcept {
        return reader_.buffer();
    }
    /// What was written and not passed on yet.
    [[nodiscard]] std::span<const std::byte> write_buffer() noexcept { return writer().buffer(); }
    /// The stream below. Using it directly goes around both buffers.
    [[nodiscard]] std::remove_reference_t<S>& inner() noexcept { return writer().inner(); }
    /// Gives the stream back. What the buffers hold is lost.
    [[nodiscard]] S into_inner() && {
        return std::move(std::move(reader_).into_inner()).into_inner();
    }

private:
    using Writer = detail::ReadableBufWriter<S>;
    [[nodiscard]] Writer& writer() noexcept { return reader_.inner(); }

    BufReader<Writer> reader_;
};

template <class S>
BufStream(S&& inner, std::size_t read_capacity = kDefaultBufferSize,
          std::size_t write_capacity = kDefaultBufferSize) -> BufStream<S>;

}  // namespace edo::io
