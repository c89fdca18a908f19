// SPDX-License-Identifier: MIT
// A pipe whose read end is awaited: the smallest thing that needs a reactor.
#pragma once

#include <edo/runtime/reactor/io_op.hpp>
#include <edo/runtime/reactor/io_source.hpp>

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace edo::test {

class Pipe {
public:
    Pipe() {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
            throw std::system_error(errno, std::generic_category(), "pipe2");
        }
        write_end_ = ends[1];
        read_end_.reset(detail::IoSource::open(ends[0]));
    }
    ~Pipe() { ::close(write_end_); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    /// Any thread.
    void write(char byte) const noexcept {
        [[maybe_unused]] const auto written = ::write(write_end_, &byte, 1);
    }

    class [[nodiscard]] Read : public detail::IoOp {
    public:
        explicit Read(detail::IoSource& source) noexcept
            : IoOp(source, detail::Direction::Read, &Read::attempt) {}
        /// The byte, or the error of the wait; -1 at the end of the stream.
        int await_resume() {
            if (wait_error()) {
                throw std::system_error(wait_error());
            }
            return result_;
        }

    private:
        static bool attempt(detail::IoOp& op, std::uint32_t /*generation*/) noexcept {
            auto& self = static_cast<Read&>(op);
            unsigned char byte = 0;
            const auto n = ::read(self.source().descriptor(), &byte, 1);
            if (n < 0 && errno == EAGAIN) {
                return false;
            }
            self.result_ = n == 1 ? byte : -1;
            return true;
        }
        int result_ = 0;
    };
    /// Waits for one byte.
    [[nodiscard]] Read read() const noexcept { return Read(*read_end_); }

private:
    int write_end_ = -1;
    detail::IoSourcePtr read_end_;
};

}  // namespace edo::test
