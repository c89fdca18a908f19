// SPDX-License-Identifier: MIT
// Puts something else in the place of standard input or output.
#pragma once

#include <boost/test/unit_test.hpp>

#include <array>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <utility>

namespace edo::test {

/// Owns a descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) { BOOST_REQUIRE(number >= 0); }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        close();
        number_ = std::exchange(other.number_, -1);
        return *this;
    }
    ~Descriptor() { close(); }

    void close() noexcept {
        if (number_ >= 0) {
            ::close(std::exchange(number_, -1));
        }
    }
    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] int flags() const { return ::fcntl(number_, F_GETFL); }
    void set_non_blocking() const {
        BOOST_REQUIRE(::fcntl(number_, F_SETFL, flags() | O_NONBLOCK) == 0);
    }
    void write(std::string_view text) const {
        BOOST_REQUIRE(::write(number_, text.data(), text.size()) == ssize_t(text.size()));
    }

private:
    int number_ = -1;
};

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        out = Descriptor(ends[0]);
        in = Descriptor(ends[1]);
    }
    Descriptor in;   // to write to
    Descriptor out;  // to read from
};

/// While it lives, the descriptor `number` (0, 1 or 2) refers to what `replacement` refers to.
class Redirect {
public:
    Redirect(int number, const Descriptor& replacement)
        : number_(number), saved_(::fcntl(number, F_DUPFD_CLOEXEC, 3)) {
        BOOST_REQUIRE(::dup2(replacement.number(), number) == number);
    }
    ~Redirect() { ::dup2(saved_.number(), number_); }
    Redirect(const Redirect&) = delete;
    Redirect& operator=(const Redirect&) = delete;

private:
    int number_;
    Descriptor saved_;
};

/// Reads a descriptor to its end, on a thread.
class Collector {
public:
    explicit Collector(Descriptor from) : from_(std::move(from)), thread_([this] { collect(); }) {}
    ~Collector() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    /// All that came. Waits for the end.
    std::string text() {
        thread_.join();
        return std::move(text_);
    }

private:
    void collect() {
        std::array<char, 4096> some;
        for (;;) {
            const ssize_t count = ::read(from_.number(), some.data(), some.size());
            if (count <= 0) {
                return;
            }
            text_.append(some.data(), std::size_t(count));
        }
    }
    Descriptor from_;
    std::string text_;
    std::thread thread_;
};

}  // namespace edo::test
