# SPDX-License-Identifier: MIT
"""line_server, with Python sockets, nc and socat as clients."""

import re
import time
import unittest

from harness import LIMIT, Program, ProgramTest, receive_all, reset, wait_until

LONGEST_LINE = 8192


class LineServer(ProgramTest):
    def start_server(self, *arguments, **options):
        server = self.start("line_server", "--port", 0, *arguments, **options)
        return server, server.listening_port()

    def send(self, port, data):
        """Sends bytes on a connection of their own, and waits until the server has closed it."""
        with self.connect(port) as stream:
            stream.sendall(data)
            stream.shutdown(1)
            self.assertEqual(receive_all(stream), b"")

    def assert_disconnects(self, port, data):
        with self.connect(port) as stream:
            try:
                stream.sendall(data)
                self.assertEqual(stream.recv(1), b"")
            except ConnectionError:
                pass  # what it has not read makes it a reset

    def test_prints_lines(self):
        for data, lines in (
                (b"one\ntwo\n", ["one", "two"]),
                (b"three\r\nfour\r\n", ["three", "four"]),
                (b"\n\r\n \n", ["", "", " "]),
                (b"no line end", ["no line end"]),
                (b"", []),
                ("stra\u00dfe \u4e16\u754c \U0001f600\n".encode(), ["stra\u00dfe \u4e16\u754c \U0001f600"]),
                (b"\x1b[2Jclear\n", ["\u241b[2Jclear"]),
                (b"x" * LONGEST_LINE + b"\n", ["x" * LONGEST_LINE]),
                (b"x" * LONGEST_LINE + b"\r\n", ["x" * LONGEST_LINE]),
                (b"a line\n" * 10_000, ["a line"] * 10_000)):
            with self.subTest(data=data[:20]):
                server, port = self.start_server()
                self.send(port, data)
                self.assert_ends_cleanly(server)
                self.assertEqual(server.stdout.lines[1:], lines)
                self.assertEqual(server.stderr.text, b"")

    def test_prints_a_line_as_soon_as_it_is_complete(self):
        server, port = self.start_server()
        stream = self.connect(port)
        for piece in ("a li", "ne in pie", "ces\nanother"):
            stream.sendall(piece.encode())
        server.stdout.wait_for("a line in pieces")
        stream.sendall(b" one\n")
        server.stdout.wait_for("another one")

    def test_bytes_may_arrive_one_by_one(self):
        server, port = self.start_server()
        stream = self.connect(port)
        stream.setsockopt(6, 1, 1)  # TCP_NODELAY
        for byte in "gr\u00fc\u00df\r\ndich\n".encode():
            stream.sendall(bytes([byte]))
        server.stdout.wait_for("dich")
        self.assertEqual(server.stdout.lines[1:], ["gr\u00fc\u00df", "dich"])

    def test_lines_of_many_clients_are_never_mixed(self):
        server, port = self.start_server()
        streams = [self.connect(port) for _ in range(50)]
        for round_ in range(20):
            for number, stream in enumerate(streams):
                stream.sendall(f"client {number} says {round_} {'.' * 50}\n".encode())
        wait_until(lambda: len(server.stdout.lines) == 1 + 50 * 20)
        for line in server.stdout.lines[1:]:
            self.assertRegex(line, r"^client \d+ says \d+ \.{50}$")
        for number in range(50):
            said = [line for line in server.stdout.lines if line.startswith(f"client {number} ")]
            self.assertEqual([line.split()[3] for line in said], [str(n) for n in range(20)])

    def test_nc_and_socat_are_understood(self):
        server, port = self.start_server()
        self.run_peer("nc", "-N", "127.0.0.1", port, input=b"from nc\n")
        server.stdout.wait_for("from nc")
        self.run_peer("socat", "-t", LIMIT, "-", f"TCP:127.0.0.1:{port},crlf", input=b"socat\n")
        server.stdout.wait_for("socat")

    # ---- clients that misbehave ------------------------------------------------------------------

    def test_a_line_that_is_too_long_ends_the_connection(self):
        server, port = self.start_server()
        for count, data in enumerate((b"x" * (LONGEST_LINE + 1) + b"\n", b"x" * 1_000_000), 1):
            self.assert_disconnects(port, b"before\n" + data)
            server.stderr.wait_for(
                r"line_server: 127\.0\.0\.1:\d+: a line is longer than 8192 bytes", count)
        server.stdout.wait_for("before", 2)
        self.send(port, b"after\n")
        server.stdout.wait_for("after")

    def test_an_endless_line_costs_no_memory(self):
        server, port = self.start_server()
        streams = [self.connect(port) for _ in range(50)]
        for stream in streams:
            stream.sendall(b"y" * LONGEST_LINE)
        for stream in streams:
            self.assert_disconnects(port, b"z" * 200_000)
        self.assert_memory_below(server, 32 << 20)

    def test_text_that_is_not_utf8_ends_the_connection(self):
        server, port = self.start_server()
        for count, data in enumerate((b"\xff\n", b"\xc0\xaf\n", b"\xed\xa0\x80\n", b"\xe4\xb8\n",
                                      b"\xf4\x90\x80\x80\n"), 1):
            self.assert_disconnects(port, b"before\n" + data + b"behind\n")
            server.stderr.wait_for(
                r"line_server: 127\.0\.0\.1:\d+: a line is not UTF-8 text", count)
        self.send(port, b"after\n")
        server.stdout.wait_for("after")
        self.assertNotIn("behind", server.stdout.lines)

    def test_a_reset_is_reported_and_ends_only_that_connection(self):
        server, port = self.start_server()
        other = self.connect(port)
        stream = self.connect(port)
        stream.sendall(b"a line and a ha")
        stream.sendall(b"lf\nrest")
        server.stdout.wait_for("a line and a half")
        host, number = stream.getsockname()
        reset(stream)
        server.stderr.wait_for(re.escape(f"line_server: {host}:{number}: Connection reset by peer"))
        other.sendall(b"still here\n")
        server.stdout.wait_for("still here")

    def test_waits_for_descriptors_without_spinning(self):
        self.skip_if_descriptors_must_not_run_out("line_server")
        server, port = self.start_server(open_files=32)
        streams = [self.connect(port) for _ in range(60)]
        for stream in streams:
            stream.sendall(b"hello\n")
        wait_until(lambda: server.open_files() == 32)
        used = server.cpu_seconds()
        time.sleep(1)
        self.assertLess(server.cpu_seconds() - used, 0.25)
        for stream in streams:
            stream.close()
        server.stdout.wait_for("hello", count=60)

    # ---- its end, and what cannot work -----------------------------------------------------------

    def test_signals_end_it_cleanly(self):
        for stop in (Program.interrupt, Program.terminate):
            server, port = self.start_server()
            stream = self.connect(port)
            stream.sendall(b"a line\nand a part")
            server.stdout.wait_for("a line")
            self.assert_ends_cleanly(server, stop)
            self.assertNotIn("and a part", server.stdout.lines)

    def test_a_port_in_use_is_reported(self):
        _, port = self.start_server()
        self.assert_fails("line_server", "--port", port,
                          message=f"cannot listen on 127.0.0.1:{port}: Address already in use")

    def test_a_bad_address_is_reported(self):
        self.assert_fails("line_server", "--host", "192.0.2.1", "--port", 0,
                          message=r".*192\.0\.2\.1:0: Cannot assign requested address")

    def test_options(self):
        self.assert_refuses_bad_options("line_server")


if __name__ == "__main__":
    unittest.main()
