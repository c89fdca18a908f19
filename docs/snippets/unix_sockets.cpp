// SPDX-License-Identifier: MIT
// The examples in the documentation of Unix sockets and pipes.
#include <edo/edo.hpp>
#include <edo/net/pipe.hpp>
#include <edo/net/unix_datagram.hpp>
#include <edo/net/unix_listener.hpp>
#include <edo/net/unix_socket.hpp>
#include <edo/net/unix_stream.hpp>
#include <edo/runtime/io/owned_fd.hpp>

#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace {

//! [address]
edo::Task<edo::Result<void>> listen_without_a_file() {
    using namespace edo::net;
    const UnixAddr name = co_await edo::propagate(UnixAddr::from_abstract_name("example"));
    UnixListener listener = co_await edo::propagate(UnixListener::bind(name));
    std::cout << "listening on " << name.to_string() << '\n';  // @example
    co_return edo::Result<void>();
}
//! [address]

//! [listener]
edo::Task<void> greet(edo::net::UnixStream stream) {
    static_cast<void>(co_await stream.write_all("hello\n"));
}

edo::Task<edo::Result<void>> serve(std::string path) {
    ::unlink(path.c_str());  // an old one, if nobody else can be listening there
    auto listener = co_await edo::propagate(edo::net::UnixListener::bind(path));
    for (;;) {
        auto [stream, from] = co_await edo::propagate(co_await listener.accept());
        edo::spawn(greet(std::move(stream))).detach();
    }
}
//! [listener]

//! [stream]
edo::Task<edo::Result<std::string>> ask(std::string path) {
    auto stream = co_await edo::propagate(co_await edo::net::UnixStream::connect(path));
    const edo::net::UCred server = co_await edo::propagate(stream.peer_cred());
    if (server.uid != ::geteuid()) {
        co_return edo::failure(std::errc::permission_denied);
    }
    co_return co_await edo::io::read_to_string(stream);
}
//! [stream]

//! [fds]
edo::Task<edo::Result<void>> pass_on(edo::net::UnixStream& to, int descriptor) {
    const std::array<int, 1> fds = {descriptor};
    const std::string_view text = "here";
    co_await edo::propagate(
        co_await to.send_with_fds(std::as_bytes(std::span(text.data(), text.size())), fds));
    co_return edo::Result<void>();
}

edo::Task<edo::Result<edo::io::OwnedFd>> take_over(edo::net::UnixStream& from) {
    std::array<std::byte, 16> buffer;
    auto received = co_await edo::propagate(co_await from.recv_with_fds(buffer, 1));
    if (received.fds.empty()) {
        co_return edo::failure(edo::Errc::InvalidData);
    }
    co_return std::move(received.fds[0]);
}
//! [fds]

//! [datagram]
edo::Task<edo::Result<std::size_t>> send_one_to_myself() {
    auto [near, far] = co_await edo::propagate(edo::net::UnixDatagram::pair());
    co_await edo::propagate(co_await near.send("a message"));
    std::array<std::byte, 100> buffer;
    const auto received = co_await edo::propagate(co_await far.recv(buffer));
    co_return received.size;  // 9
}
//! [datagram]

//! [unix_socket]
edo::Task<edo::Result<edo::net::UnixStream>> connect_by_name(std::string own, std::string server) {
    auto socket = co_await edo::propagate(edo::net::UnixSocket::new_stream());
    co_await edo::propagate(socket.bind(own));  // so that the server knows who it is
    co_return co_await edo::propagate(co_await std::move(socket).connect(server));
}
//! [unix_socket]

//! [pipe]
edo::Task<edo::Result<std::string>> through_a_pipe() {
    auto [sender, receiver] = co_await edo::propagate(edo::net::pipe::pipe());
    co_await edo::propagate(co_await sender.write_all("a short text"));
    sender = edo::net::pipe::Sender();  // the end of the stream
    co_return co_await edo::io::read_to_string(receiver);
}
//! [pipe]

//! [fifo]
edo::Task<edo::Result<void>> write_to_fifo(std::string path) {
    // Works without a reader, too: what is written waits for one in the pipe.
    auto sender =
        co_await edo::propagate(edo::net::pipe::OpenOptions().read_write(true).open_sender(path));
    co_return co_await sender.write_all("news\n");
}
//! [fifo]

edo::Task<int> show() {
    const std::string path = "/tmp/edo-snippet-" + std::to_string(::getpid());
    auto server = edo::spawn(serve(path));
    std::string answer;
    while (answer.empty()) {
        co_await edo::sleep(std::chrono::milliseconds(1));
        const auto asked = co_await ask(path);  // refused until the server listens
        answer = asked.value_or("");
    }
    const auto named = co_await connect_by_name(path + "-client", path);
    ::unlink((path + "-client").c_str());
    server.abort();
    ::unlink(path.c_str());

    auto [near, far] = edo::net::UnixStream::pair().value();
    const auto passed = co_await pass_on(near, STDOUT_FILENO);
    const auto taken = co_await take_over(far);
    const auto listening = co_await listen_without_a_file();
    const auto size = co_await send_one_to_myself();
    const auto text = co_await through_a_pipe();
    ::mkfifo(path.c_str(), 0600);
    const auto written = co_await write_to_fifo(path);
    ::unlink(path.c_str());
    std::cout << answer << size.value() << ' ' << text.value() << '\n';
    co_return named&& passed&& taken&& listening&& written ? 0 : 1;
}

}  // namespace

int main() {
    return edo::run(show());
}
