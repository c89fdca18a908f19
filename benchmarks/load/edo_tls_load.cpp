// SPDX-License-Identifier: MIT
// Load generator of TLS handshakes: connect, handshake, one request of HTTP/1.1 with
// `Connection: close`, until the end of the answer; again and again for a time, on some threads.
//
// Uses OpenSSL and no part of edo. Prints one line of JSON, see README.md. Exits with 0 when no
// connection failed, 1 when one did, 2 when it could not do what it was asked to.

#include "arguments.hpp"
#include "cpu_meter.hpp"
#include "histogram.hpp"
#include "process.hpp"

#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace load;
using Clock = std::chrono::steady_clock;

constexpr const char* kUsage =
    "usage: edo_tls_load --port P [--host IPV4] [--concurrency N] [--duration SECONDS]\n"
    "                    [--resume 0|1] [--cpu LIST] [--server-pid PID]\n";
constexpr std::string_view kRequest =
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr std::string_view kStatus = "HTTP/1.1 200";
// A connection that has been closed keeps its ports for a minute. Each source has 28,000.
constexpr std::uint32_t kSources = 64;

struct Options {
    sockaddr_in server{};
    std::size_t concurrency = 0;
    std::chrono::nanoseconds duration{};
    bool resumes = false;
    std::vector<int> cpus;
    pid_t server_pid = 0;
};

Options parse_options(int argc, char** argv) {
    Arguments arguments(argc, argv);
    Options options;
    options.server = arguments.address();
    options.concurrency = arguments.number<std::size_t>("--concurrency", 16, 1, 256);
    options.duration = arguments.seconds("--duration", std::chrono::seconds(5));
    options.resumes = arguments.number<int>("--resume", 0, 0, 1) != 0;
    options.cpus = arguments.cpus("--cpu");
    options.server_pid = arguments.number<pid_t>("--server-pid", 0, 1, INT32_MAX);
    arguments.finish();
    if (options.server.sin_port == 0) {
        throw UsageError{"--port is missing"};
    }
    return options;
}

template <auto Free>
struct FreeWith {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<&SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<&SSL_free>>;
using TicketPtr = std::unique_ptr<SSL_SESSION, FreeWith<&SSL_SESSION_free>>;

/// A client that makes one connection after the other.
class Client {
public:
    Client(const Options& options, std::uint32_t source)
        : options_(options), source_(source), context_(SSL_CTX_new(TLS_client_method())) {
        if (context_ == nullptr) {
            throw std::runtime_error("OpenSSL cannot be used");
        }
        SSL_CTX_set_session_cache_mode(context_.get(),
                                       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context_.get(), [](SSL* ssl, SSL_SESSION* ticket) {
            static_cast<Client*>(SSL_get_app_data(ssl))->ticket_.reset(ticket);
            return 1;  // the reference is kept
        });
    }

    void run(const std::atomic<bool>& is_over) {
        while (!is_over.load(std::memory_order_relaxed)) {
            const auto start = Clock::now();
            const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const bool is_well = fd >= 0 && connect_from(fd) && exchange(fd);
            ::close(fd);
            if (is_well) {
                latency_.record(std::uint64_t((Clock::now() - start).count()));
            } else {
                ++failed_;
            }
        }
    }

    const Histogram& latency() const { return latency_; }
    std::size_t failed() const { return failed_; }
    std::size_t resumed() const { return resumed_; }
    const char* cipher() const { return cipher_; }

private:
    bool connect_from(int fd) {
        const int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        const timeval limit{.tv_sec = 5, .tv_usec = 0};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in source{};
        source.sin_family = AF_INET;
        source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + source_++ % kSources);
        return bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) == 0 &&
               connect(fd, reinterpret_cast<const sockaddr*>(&options_.server),
                       sizeof options_.server) == 0;
    }

    bool exchange(int fd) {
        const SslPtr ssl(SSL_new(context_.get()));
        if (ssl == nullptr || SSL_set_fd(ssl.get(), fd) != 1) {
            return false;
        }
        SSL_set_app_data(ssl.get(), this);
        if (options_.resumes && ticket_ != nullptr) {
            SSL_set_session(ssl.get(), ticket_.get());
        }
        if (SSL_connect(ssl.get()) != 1 ||
            SSL_write(ssl.get(), kRequest.data(), int(kRequest.size())) <= 0) {
            return false;
        }
        resumed_ += SSL_session_reused(ssl.get()) == 1 ? 1 : 0;
        cipher_ = SSL_get_cipher_name(ssl.get());
        std::array<char, 4096> answer;
        const int count = SSL_read(ssl.get(), answer.data(), int(answer.size()));
        if (count < int(kStatus.size()) ||
            std::string_view(answer.data(), kStatus.size()) != kStatus) {
            return false;
        }
        while (SSL_read(ssl.get(), answer.data(), int(answer.size())) > 0) {
        }
        // Else OpenSSL takes the ticket for spoilt.
        SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        return true;
    }

    const Options& options_;
    std::uint32_t source_;
    ContextPtr context_;
    TicketPtr ticket_;
    Histogram latency_;
    std::size_t failed_ = 0;
    std::size_t resumed_ = 0;
    const char* cipher_ = "";
};

int run(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    pin(options.cpus);
    std::signal(SIGPIPE, SIG_IGN);
    end_after(options.duration + std::chrono::seconds(10));
    std::vector<std::unique_ptr<Client>> clients;
    for (std::size_t i = 0; i < options.concurrency; ++i) {
        clients.push_back(std::make_unique<Client>(options, std::uint32_t(i * 7)));
    }

    const CpuMeter meter(options.server_pid);
    const auto begin = Clock::now();
    std::atomic<bool> is_over = false;
    std::vector<std::thread> threads;
    for (const auto& client : clients) {
        threads.emplace_back([&client, &is_over] { client->run(is_over); });
    }
    std::this_thread::sleep_for(options.duration);
    is_over = true;
    for (std::thread& thread : threads) {
        thread.join();
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const double own = std::chrono::duration<double>(meter.own()).count();

    Histogram latency;
    std::size_t failed = 0;
    std::size_t resumed = 0;
    for (const auto& client : clients) {
        latency.add(client->latency());
        failed += client->failed();
        resumed += client->resumed();
    }
    std::printf(
        "{\"tool\":\"edo_tls_load\",\"concurrency\":%zu,\"seconds\":%.3f,\"handshakes\":%ju,"
        "\"resumed\":%zu,\"errors\":%zu,\"rate\":%.1f,\"cipher\":\"%s\",",
        options.concurrency, seconds, std::uintmax_t(latency.count()), resumed, failed,
        double(latency.count()) / seconds, clients.front()->cipher());
    std::printf(
        "\"p50_us\":%.1f,\"p99_us\":%.1f,\"server_cpu_us_per_request\":%s,\"load_busy\":%.3f}\n",
        double(latency.quantile(0.5)) / 1000, double(latency.quantile(0.99)) / 1000,
        meter.server_us_per(latency.count()).c_str(), own / seconds);
    return failed == 0 && latency.count() > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    return load::guarded_main("edo_tls_load", kUsage, run, argc, argv);
}
