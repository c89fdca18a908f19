// SPDX-License-Identifier: MIT
#include "uring_test.hpp"

#include <edo/runtime/reactor/reactor.hpp>

#include <array>
#include <cerrno>
#include <filesystem>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <random>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <system_error>

namespace edo::test {

std::size_t open_rings() {
    std::size_t rings = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const auto target = std::filesystem::read_symlink(entry, gone).string();
        rings += target.find("[io_uring]") != std::string::npos ? 1 : 0;
    }
    return rings;
}

boost::unit_test::precondition needs_io_uring() {
    return boost::unit_test::precondition([](boost::unit_test::test_unit_id /*id*/) {
        boost::test_tools::assertion_result available(detail::make_uring_reactor() != nullptr);
        available.message() << "there is no io_uring here";
        return available;
    });
}

Builder uring_on_this_thread() {
    return Builder::current_thread().reactor(ReactorKind::IoUring);
}

Builder uring_on_a_worker() {
    return Builder::multi_thread(1).reactor(ReactorKind::IoUring);
}

Task<void> start_receiving(net::TcpStream& stream) {
    const auto nothing = co_await select(biased, read_text(stream), sleep(2ms));
    if (!nothing.is<1>()) {
        throw std::logic_error("there was something to read");
    }
}

Task<void> receive_ahead(RawPair& pair, std::string text) {
    co_await start_receiving(pair.stream);
    pair.send(text);
    char byte = 0;
    do {  // as long as it is in the socket
        co_await sleep(1ms);
    } while (::recv(pair.stream.io_source().descriptor(), &byte, 1, MSG_PEEK) > 0);
}

void expect_same(const std::string& got, const std::string& expected) {
    if (got != expected) {
        throw std::logic_error("got '" + got.substr(0, 100) + "', not '" + expected.substr(0, 100) +
                               "'");
    }
}

std::string letters(std::size_t size, unsigned seed) {
    std::string text(size, '\0');
    std::minstd_rand random(seed + 1);
    for (char& c : text) {
        c = static_cast<char>('a' + random() % 26);
    }
    return text;
}

void forbid_io_uring() {
    std::array<sock_filter, 4> program = {{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter = {program.size(), program.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) {
        throw std::system_error(errno, std::generic_category(), "seccomp");
    }
}

}  // namespace edo::test
