# SPDX-License-Identifier: MIT
"""command_server, with Python sockets and nc as clients."""

import re
import socket
import tempfile
import threading
import unittest

from harness import LIMIT, Program, ProgramTest, receive_all, receive_exactly, reset

HELLO = b"Hello, client!\n"
GOODBYE = b"Goodbye, client!\n"
UNKNOWN = b"Unknown command\n"
AUTHENTICATED = b"Authenticated\n"
FAILED = b"Authentication failed\n"
REQUIRED = b"Authentication required\n"
TOKEN = "s3cret t\u00f6ken"


class CommandServer(ProgramTest):
    def start_server(self, *arguments):
        server = self.start("command_server", "--port", 0, *arguments)
        return server, server.listening_port()

    def token_file(self, text):
        file = tempfile.NamedTemporaryFile("w", encoding="utf-8")
        self.addCleanup(file.close)
        file.write(text)
        file.flush()
        return file.name

    def start_with_token(self):
        return self.start_server("--token-file", self.token_file(f"{TOKEN}\nanother line\n"))

    def exchange(self, port, data):
        """All that the server answers to these bytes."""
        with self.connect(port) as stream:
            stream.sendall(data)
            stream.shutdown(socket.SHUT_WR)
            return receive_all(stream)

    def test_commands(self):
        _, port = self.start_server()
        for data, answer in (
                (b"HELLO\n", HELLO), (b"HELLO\r\n", HELLO), (b" \tHELLO \n", HELLO),
                (b"HELLO", HELLO), (b"", b""), (b"\n", UNKNOWN), (b"hello\n", UNKNOWN),
                (b"HELLO client\n", UNKNOWN), (b"AUTH x\n", UNKNOWN), (b"\0\n", UNKNOWN),
                (b"\xff\xfe\nHELLO\n", UNKNOWN + HELLO),
                (b"x" * 100_000 + b"\nHELLO\n", UNKNOWN + HELLO),
                (b"HELLO\nwhat\nHELLO\nGOODBYE\n", HELLO + UNKNOWN + HELLO + GOODBYE)):
            with self.subTest(data=data[:30]):
                self.assertEqual(self.exchange(port, data), answer)

    def test_goodbye_closes_the_connection(self):
        _, port = self.start_server()
        stream = self.connect(port)
        stream.sendall(b"GOODBYE\nHELLO\nHELLO\n" + b"x" * 50_000)
        self.assertEqual(receive_all(stream), GOODBYE)

    def test_a_client_that_stays_after_goodbye_is_closed_all_the_same(self):
        server, port = self.start_server()
        before = server.open_files()
        stream = self.connect(port)
        stream.sendall(b"GOODBYE\n")
        self.assertEqual(receive_all(stream), GOODBYE)
        other = self.connect(port)
        other.sendall(b"HELLO\n")
        self.assertEqual(receive_exactly(other, len(HELLO)), HELLO)
        other.close()
        with self.assertRaises(OSError):
            for _ in range(LIMIT * 10):
                stream.sendall(b"x")
                threading.Event().wait(0.1)
        self.assertLessEqual(server.open_files(), before + 1)

    def test_commands_may_come_in_any_pieces(self):
        _, port = self.start_server()
        stream = self.connect(port)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"HELLO\r\n HELLO\nGOODBYE\n":
            stream.sendall(bytes([byte]))
        self.assertEqual(receive_all(stream), HELLO + HELLO + GOODBYE)

    def test_nc_is_understood(self):
        _, port = self.start_server()
        peer = self.run_peer("nc", "-N", "127.0.0.1", port, input=b"HELLO\nGOODBYE\n")
        self.assertEqual(peer.stdout, HELLO + GOODBYE)

    def test_many_clients_at_once(self):
        _, port = self.start_server()
        streams = [self.connect(port) for _ in range(200)]
        for stream in streams:
            stream.sendall(b"HELLO\n")
        for stream in reversed(streams):
            self.assertEqual(receive_exactly(stream, len(HELLO)), HELLO)

    # ---- the token -------------------------------------------------------------------------------

    def test_who_knows_the_token_is_answered(self):
        _, port = self.start_with_token()
        auth = f"AUTH {TOKEN}\n".encode()
        self.assertEqual(self.exchange(port, auth + b"HELLO\nAUTH x\nGOODBYE\n"),
                         AUTHENTICATED + HELLO + UNKNOWN + GOODBYE)
        self.assertEqual(self.exchange(port, b"  AUTH   " + auth[5:-1] + b" \r\nHELLO\n"),
                         AUTHENTICATED + HELLO)
        self.assertEqual(self.exchange(port, b"HELLO\nAUTH no\n" + auth + b"HELLO\n"),
                         REQUIRED + FAILED + AUTHENTICATED + HELLO)

    def test_three_failures_close_the_connection(self):
        _, port = self.start_with_token()
        auth = f"AUTH {TOKEN}\n".encode()
        self.assertEqual(self.exchange(port, b"AUTH a\nAUTH b\nAUTH c\n" + auth + b"HELLO\n"),
                         FAILED * 3)
        self.assertEqual(self.exchange(port, b"HELLO\nGOODBYE\n\xff\n" + auth), REQUIRED * 3)
        stream = self.connect(port)
        stream.sendall(b"AUTH x\n" * 1000)
        self.assertEqual(receive_all(stream), FAILED * 3)

    def test_what_is_not_the_token(self):
        _, port = self.start_with_token()
        token = TOKEN.encode()
        for wrong in (token[:-1], token + b"x", token * 2, token.upper(), b"x" + token, b"another",
                      b"another line", TOKEN[::-1].encode(), b"\0" * len(token), b"x" * 1000):
            with self.subTest(wrong=wrong):
                self.assertEqual(self.exchange(port, b"AUTH " + wrong + b"\nHELLO\n"),
                                 FAILED + REQUIRED)
        for wrong in (b"AUTH", b"AUTH ", b"auth " + token, b"AUTH" + token, token):
            with self.subTest(wrong=wrong):
                self.assertEqual(self.exchange(port, wrong + b"\n"), REQUIRED)

    def test_a_token_that_cannot_be_read_is_reported(self):
        self.assert_fails("command_server", "--port", 0, "--token-file", "/no/such/file",
                          message="cannot read a token from /no/such/file")
        self.assert_fails("command_server", "--port", 0, "--token-file", self.token_file(" \nx\n"),
                          message="the first line of .* must be a token")

    # ---- its end, and what cannot work -----------------------------------------------------------

    def test_a_reset_ends_only_that_connection(self):
        server, port = self.start_server()
        stream = self.connect(port)
        stream.sendall(b"HELLO\n")
        receive_exactly(stream, 1)
        address = "%s:%d" % stream.getsockname()
        reset(stream)
        server.stderr.wait_for(re.escape(f"command_server: {address}: Connection reset by peer"))
        self.assertEqual(self.exchange(port, b"HELLO\n"), HELLO)

    def test_signals_end_it_cleanly(self):
        for stop in (Program.interrupt, Program.terminate):
            server, port = self.start_server()
            stream = self.connect(port)
            stream.sendall(b"HELLO\nHEL")
            receive_exactly(stream, len(HELLO))
            self.assert_ends_cleanly(server, stop)

    def test_options_and_failures(self):
        _, port = self.start_server()
        self.assert_refuses_bad_options("command_server")
        self.assert_fails("command_server", "--port", port,
                          message=f"cannot listen on 127.0.0.1:{port}: Address already in use")


if __name__ == "__main__":
    unittest.main()
