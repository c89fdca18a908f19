// SPDX-License-Identifier: MIT
// A TCP server that obeys commands: one a line.
//
//     command_server                      then, in another terminal:
//     nc 127.0.0.1 7878                   type HELLO, or GOODBYE
//
//     command_server --token-file FILE    whoever does not say AUTH and the token that the file
//                                         holds is not answered
//
//     scripts/make_certificate /tmp/keys
//     command_server --cert /tmp/keys/cert.pem --key /tmp/keys/key.pem
//     openssl s_client -quiet -CAfile /tmp/keys/ca.pem -connect localhost:7878
//
// What serves a connection is a template of the stream: it is the same for all kinds of them.

#include "common/arguments.hpp"
#include "common/certificate.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>
#include <edo/net/for_each_connection.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/codec/lines_codec.hpp>

#include <array>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <syncstream>
#include <system_error>
#include <utility>

namespace {

using edo::Result;
using edo::Task;
using edo::net::SocketAddr;
using edo::net::TcpListener;
using edo::net::TcpStream;
using edo::tls::TlsAcceptor;
using namespace std::chrono_literals;

constexpr const char* kUsage =
    R"(usage: command_server [--host HOST] [--port PORT] [--token-file FILE]
                      [--cert FILE --key FILE]

Listens for TCP connections and answers commands, which are lines:

    HELLO            Hello, client!
    GOODBYE          Goodbye, client!    and the connection is closed

    --host HOST          the address to listen on (default 127.0.0.1)
    --port PORT          the port to listen on; 0 takes a free one (default 7878)
    --token-file FILE    clients must first send AUTH and the token in the first line of this
                         file; after three failures they are disconnected
    --cert FILE          speaks TLS with this certificate (PEM, with those that lead to its
                         issuer); read again at SIGHUP
    --key FILE           the key of the certificate
)";

/// A client must not be able to fill the memory with a line that never ends.
constexpr std::size_t kLongestLine = 1024;
constexpr int kMostFailures = 3;
/// How long a client has to close its side, too.
constexpr auto kLinger = 1s;

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 7878;
    std::string token_file;
    example::Certificate certificate;
};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n\v\f";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Compares every byte, whatever the first ones are: how long that takes tells an attacker nothing
/// but the length of what he has sent.
bool is_equal_in_constant_time(std::string_view sent, std::string_view token) {
    std::size_t difference = sent.size() ^ token.size();
    for (std::size_t i = 0; i < sent.size(); ++i) {
        const char expected = token.empty() ? '\0' : token[i % token.size()];
        difference |= std::size_t(static_cast<unsigned char>(sent[i] ^ expected));
    }
    return difference == 0;
}

/// One client's part of the conversation.
class Session {
public:
    /// @param token What a client must know; nothing if anybody may come in. It must outlive this.
    explicit Session(const std::string* token) noexcept
        : token_(token), is_known_(token == nullptr) {}

    /// What is said to a line; nothing was understood if there is none.
    std::string_view answer(std::optional<std::string_view> line) {
        const std::string_view command = line ? trimmed(*line) : std::string_view();
        if (!is_known_) {
            return authenticate(command);
        }
        if (command == "HELLO") {
            return "Hello, client!";
        }
        if (command == "GOODBYE") {
            is_over_ = true;
            return "Goodbye, client!";
        }
        return "Unknown command";
    }

    /// Whether that was the last answer.
    [[nodiscard]] bool is_over() const noexcept { return is_over_; }

private:
    std::string_view authenticate(std::string_view command) {
        constexpr std::string_view kAuth = "AUTH ";
        if (command.starts_with(kAuth) &&
            is_equal_in_constant_time(trimmed(command.substr(kAuth.size())), *token_)) {
            is_known_ = true;
            return "Authenticated";
        }
        ++failures_;
        is_over_ = failures_ == kMostFailures;
        return command.starts_with(kAuth) ? "Authentication failed" : "Authentication required";
    }

    const std::string* token_;
    bool is_known_;
    bool is_over_ = false;
    int failures_ = 0;
};

/// Whether the codec has refused a line, and stepped over it; else the connection has failed.
bool is_about_a_line(const std::error_code& error) {
    return error == edo::Errc::LimitExceeded || error == edo::Errc::InvalidData;
}

/// Reads until the peer closes its side. A connection that is closed while there is something to
/// read is reset, and the peer might lose the last answer.
template <edo::io::AsyncRead Stream>
Task<void> drain(Stream& stream) {
    std::array<std::byte, 1024> buffer;
    for (;;) {
        const auto count = co_await stream.read(buffer);
        if (!count || *count == 0) {
            co_return;
        }
    }
}

template <edo::io::AsyncReadWrite Stream>
Task<Result<void>> serve_commands(Stream& stream, const std::string* token) {
    edo::codec::Framed lines(stream, edo::codec::LinesCodec(kLongestLine));
    Session session(token);
    while (!session.is_over()) {
        auto line = co_await lines.next();
        if (!line) {
            break;
        }
        if (!*line && !is_about_a_line(line->error())) {
            co_return edo::failure(line->error());
        }
        std::optional<std::string_view> text;
        if (*line) {
            text = **line;
        } else {
            static_cast<void>(co_await lines.next());  // the end that follows an error
        }
        co_await edo::propagate(co_await lines.send(session.answer(text)));
    }
    co_await edo::propagate(co_await lines.shutdown());
    static_cast<void>(co_await edo::timeout(kLinger, drain(stream)));
    co_return Result<void>();
}

template <edo::io::AsyncReadWrite Stream>
Task<void> handle(Stream stream, SocketAddr client, std::shared_ptr<const std::string> token) {
    const Result<void> ended = co_await serve_commands(stream, token.get());
    if (!ended) {
        example::complain(client.to_string() + ": " + ended.error().message());
    }
}

/// The same with TLS in between.
Task<void> handle_encrypted(TlsAcceptor acceptor, TcpStream stream, SocketAddr client,
                            std::shared_ptr<const std::string> token) {
    auto encrypted = co_await acceptor.accept(std::move(stream));
    if (!encrypted) {
        example::complain(client.to_string() + ": " + encrypted.error().message());
        co_return;
    }
    co_await handle(std::move(*encrypted), client, std::move(token));
}

/// The token in the first line of the file; none without a file.
Result<std::shared_ptr<const std::string>, std::string> read_token(const std::string& path) {
    if (path.empty()) {
        return nullptr;
    }
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line)) {
        return edo::failure("cannot read a token from " + path);
    }
    auto token = std::make_shared<const std::string>(trimmed(line));
    if (token->empty()) {
        return edo::failure("the first line of " + path + " must be a token");
    }
    return token;
}

Task<int> serve(Options options) {
    const auto token = read_token(options.token_file);
    if (!token) {
        example::complain(token.error());
        co_return 1;
    }
    std::optional<TlsAcceptor> acceptor;
    if (options.certificate.is_given()) {
        const auto config = options.certificate.read();
        if (!config) {
            co_return 1;
        }
        acceptor.emplace(*config);
        edo::spawn(example::reload_on_hangup(*acceptor, options.certificate)).detach();
    }
    auto listener = co_await TcpListener::bind(example::endpoint(options.host, options.port));
    if (!listener) {
        example::complain(listener.error().message());
        co_return 1;
    }
    std::osyncstream(std::cout) << "Command Server listening on " << listener->local_addr().value()
                                << std::endl;
    const auto serve_client = [acceptor, known = *token](TcpStream stream, SocketAddr client) {
        return acceptor ? handle_encrypted(*acceptor, std::move(stream), client, known)
                        : handle(std::move(stream), client, known);
    };
    const std::error_code error = co_await edo::net::for_each_connection(*listener, serve_client);
    example::complain("cannot accept: " + error.message());
    co_return 1;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host},
                              {"--port", &options.port},
                              {"--token-file", &options.token_file},
                              {"--cert", &options.certificate.cert_file},
                              {"--key", &options.certificate.key_file}});
    options.certificate.check_options();

    return example::run(serve(options));
}
