# SPDX-License-Identifier: MIT
"""echo_client, with Python sockets, nc, socat and echo_server as servers."""

import socket
import subprocess
import threading
import unittest

from harness import LIMIT, Program, ProgramTest, receive_exactly, reset, wait_until


class EchoClient(ProgramTest):
    def serve(self, handle):
        """Listens, and calls handle(stream) for the first connection, on a thread."""
        listener, port = self.listen()

        def run():
            with self.accept(listener) as stream:
                handle(stream)

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join, LIMIT)
        return port

    @staticmethod
    def echo(stream):
        while data := stream.recv(1 << 16):
            stream.sendall(data)

    def start_echo_server(self, *arguments):
        server = self.start("echo_server", "--port", 0, *arguments)
        return server, server.listening_port()

    # ---- one text --------------------------------------------------------------------------------

    def test_prints_the_book_s_lines(self):
        port = self.serve(self.echo)
        client, code = self.run_program("echo_client", "--port", port)
        self.assertEqual(code, 0)
        self.assertEqual(client.stdout.lines, [
            f"Attempting to connect to TCP echo server on 127.0.0.1:{port}..",
            "Connected! Sending 'Hello, Rust TCP!'",
            "Received from server: Hello, Rust TCP!"])
        self.assertEqual(client.stderr.text, b"")

    def test_the_text_is_an_option(self):
        for text in ("x", "stra\u00dfe \u4e16\u754c \U0001f600", "y" * 100_000, "--port"):
            port = self.serve(self.echo)
            client, code = self.run_program("echo_client", "--port", port, "--text", text)
            self.assertEqual(code, 0)
            self.assertEqual(client.stdout.lines[1:],
                             [f"Connected! Sending '{text}'", f"Received from server: {text}"])

    def test_an_empty_text_needs_no_answer(self):
        port = self.serve(self.echo)
        client, code = self.run_program("echo_client", "--port", port, "--text", "")
        self.assertEqual((code, client.stdout.lines[-1]), (0, "Received from server: "))

    def test_an_answer_may_come_in_pieces(self):
        def trickle(stream):
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in receive_exactly(stream, 16):
                stream.sendall(bytes([byte]))

        client, code = self.run_program("echo_client", "--port", self.serve(trickle))
        self.assertEqual((code, client.stdout.lines[-1]),
                         (0, "Received from server: Hello, Rust TCP!"))

    def test_other_answers_are_shown_too(self):
        for answer, shown in ((b"hi\n", "hi"), (b"much longer than what was sent", "much longer.*"),
                              (b"a\xff\xfeb", "a\ufffd\ufffdb"), (b"\x1b[31mred", "\u241b\\[31mred")):
            def reply(stream, answer=answer):
                receive_exactly(stream, 16)
                stream.sendall(answer)
                stream.recv(1)  # stays until the client leaves

            with self.subTest(answer=answer):
                client, code = self.run_program("echo_client", "--port", self.serve(reply))
                self.assertEqual(code, 0)
                client.stdout.wait_for(f"Received from server: {shown}")

    def test_no_answer_is_an_error(self):
        for leave, reason in ((lambda stream: receive_exactly(stream, 16), "unexpected end of stream"),
                              (lambda stream: (stream.recv(1), reset(stream)), "Connection reset by peer")):
            port = self.serve(leave)
            self.assert_fails("echo_client", "--port", port,
                              message=f"no answer from 127.0.0.1:{port}: {reason}")

    def test_nc_and_socat_can_answer(self):
        port = self.free_port()
        for command, answer in ((["nc", "-l", "127.0.0.1", str(port)], "from nc"),
                                (["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr",
                                  "EXEC:cat"], "Hello, Rust TCP!")):
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as peer:
                self.addCleanup(peer.kill)
                peer.stdin.write(b"from nc\n")
                peer.stdin.flush()

                def answered():
                    client, code = self.run_program("echo_client", "--port", port)
                    if code == 0:
                        client.stdout.wait_for(f"Received from server: {answer}")
                    return code == 0

                wait_until(answered)  # it may not listen yet
                peer.kill()

    # ---- standard input --------------------------------------------------------------------------

    def test_sends_lines_and_prints_what_comes_back(self):
        port = self.serve(self.echo)
        client = self.start("echo_client", "--port", port, "--stdin", stdin=subprocess.PIPE)
        for line in ("hello", "", "stra\u00dfe \U0001f600"):
            client.type(line + "\n")
            client.stdout.wait_for(f"read from server:{line}")
        client.type("no line end")
        client.end_input()
        self.assertEqual(client.exit_code(), 0)
        self.assertEqual(client.stdout.lines[-1], "read from server:no line end")
        self.assertEqual(client.stderr.text, b"")

    def test_many_and_long_lines_come_back_in_order(self):
        _, port = self.start_echo_server()
        lines = [f"line {number}" for number in range(2000)] + ["x" * 1_000_000, "the last"]
        client, code = self.run_program("echo_client", "--port", port, "--stdin",
                                        input="\n".join(lines) + "\n")
        self.assertEqual(code, 0)
        self.assertEqual(client.stdout.lines[1:], ["read from server:" + line for line in lines])

    def test_a_server_that_goes_away_is_reported(self):
        def one_line(stream):
            stream.sendall(stream.recv(100))

        port = self.serve(one_line)
        client = self.start("echo_client", "--port", port, "--stdin", stdin=subprocess.PIPE)
        client.type("one\n")
        client.stdout.wait_for("read from server:one")
        client.type("two\n")
        self.assertEqual(client.exit_code(), 1)
        self.assertRegex(client.stderr.lines[0], f"^echo_client: no answer from 127.0.0.1:{port}: ")

    def test_no_input_is_fine(self):
        port = self.serve(self.echo)
        client, code = self.run_program("echo_client", "--port", port, "--stdin")
        self.assertEqual((code, len(client.stdout.lines)), (0, 1))

    # ---- with echo_server, its end, and what cannot work -----------------------------------------

    def test_speaks_with_echo_server(self):
        server, port = self.start_echo_server()
        for _ in range(3):
            client, code = self.run_program("echo_client", "--port", port)
            self.assertEqual((code, client.stdout.lines[-1]),
                             (0, "Received from server: Hello, Rust TCP!"))
        server.stdout.wait_for("Client .* disconnected.", count=3)
        self.assertEqual(server.stderr.text, b"")

    def test_signals_end_it_while_it_waits(self):
        for stop in (Program.interrupt, Program.terminate):
            listener, port = self.listen()
            client = self.start("echo_client", "--port", port)
            receive_exactly(self.accept(listener), 16)
            self.assert_ends_cleanly(client, stop)

    def test_a_refused_connection_is_reported(self):
        port = self.free_port()
        self.assert_fails("echo_client", "--port", port,
                          message=f"cannot connect to 127.0.0.1:{port}: Connection refused")

    def test_bad_addresses_are_reported(self):
        for host in ("no.such.host.invalid", "256.0.0.1", ""):
            self.assert_fails("echo_client", "--host", host, message=".*:7878.*")

    def test_options(self):
        self.assert_refuses_bad_options("echo_client")


if __name__ == "__main__":
    unittest.main()
