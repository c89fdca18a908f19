// SPDX-License-Identifier: MIT
// The program nginx with a configuration of the test's own.
#pragma once

#include "support/temporary_directory.hpp"
#include <edo/net/tcp_listener.hpp>
#include <edo/net/tcp_stream.hpp>
#include <edo/runtime/process/command.hpp>
#include <edo/runtime/sleep.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>

namespace edo::test {

/// Whether a program can be run; says so if not.
inline bool has_program(const std::string& path) {
    if (::access(path.c_str(), X_OK) == 0) {
        return true;
    }
    BOOST_TEST_MESSAGE("skipped: " << path << " is not installed");
    return false;
}

inline Task<std::uint16_t> free_port() {
    auto listener = (co_await net::TcpListener::bind("127.0.0.1:0")).value();
    co_return listener.local_addr().value().port();
}

/// Waits until somebody listens there; false if nobody does for long.
inline Task<bool> is_listening(std::uint16_t port) {
    for (int i = 0; i < 500; ++i) {
        const auto stream = co_await net::TcpStream::connect("127.0.0.1:" + std::to_string(port));
        if (stream) {
            co_return true;
        }
        co_await sleep(std::chrono::milliseconds(10));
    }
    co_return false;
}

/// Programs that serve while the test runs, each in a process group of its own.
class Servers {
public:
    Servers() = default;
    Servers(Servers&&) = default;
    Servers& operator=(Servers&&) = default;
    ~Servers() {
        for (const process::Child& child : children_) {
            if (const auto id = child.id()) {
                ::kill(-*id, SIGKILL);
            }
        }
    }

    void start(process::Command command) {
        command.process_group(0).kill_on_drop(true);
        children_.push_back(std::move(command.spawn().value()));
    }
    [[nodiscard]] Task<void> stop() {
        for (process::Child& child : children_) {
            ::kill(-child.id().value(), SIGTERM);
            static_cast<void>(co_await child.wait());
        }
        children_.clear();
    }

private:
    std::vector<process::Child> children_;
};

/// nginx in the foreground, with this inside of `http { }`.
/// @param directory For its files.
inline process::Command nginx(const TemporaryDirectory& directory, const std::string& http) {
    const std::string conf = directory.file("nginx.conf");
    std::ofstream(conf) << "daemon off;\nmaster_process off;\nerror_log " << directory.file("error")
                        << ";\npid " << directory.file("pid")
                        << ";\nevents { worker_connections 256; }\nhttp {\naccess_log off;\n"
                        << "client_body_temp_path " << directory.file("body") << ";\n"
                        << "proxy_temp_path " << directory.file("proxy") << ";\n"
                        << "fastcgi_temp_path " << directory.file("fastcgi") << ";\n"
                        << "uwsgi_temp_path " << directory.file("uwsgi") << ";\n"
                        << "scgi_temp_path " << directory.file("scgi") << ";\n"
                        << http << "}\n";
    process::Command command("/usr/sbin/nginx");
    command.args({"-p", directory.path(), "-c", conf, "-e", directory.file("error")});
    command.stderr(process::Stdio::null());
    return command;
}

}  // namespace edo::test
