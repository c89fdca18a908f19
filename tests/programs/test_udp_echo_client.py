# SPDX-License-Identifier: MIT
"""udp_echo_client, with Python sockets and udp_echo_server as servers."""

import socket
import time
import unittest

from harness import Program, ProgramTest


class UdpEchoClient(ProgramTest):
    def start_client(self, *arguments, host="127.0.0.1"):
        """A client that has sent its datagram; yields also the server's socket, the datagram and
        the client's address."""
        endpoint = self.udp_socket(host)
        port = endpoint.getsockname()[1]
        client = self.start("udp_echo_client", "--host", host, "--port", port, *arguments)
        data, address = endpoint.recvfrom(1 << 16)
        return client, endpoint, data, address

    def test_prints_the_book_s_lines(self):
        client, endpoint, data, address = self.start_client()
        self.assertEqual(data, b"Hello, UDP!")
        endpoint.sendto(data, address)
        self.assertEqual(client.exit_code(), 0)
        port = endpoint.getsockname()[1]
        self.assertEqual(client.stdout.lines, [f"Sending 'Hello, UDP!' to 127.0.0.1:{port}",
                                               f"Received 'Hello, UDP!' from 127.0.0.1:{port}"])
        self.assertEqual(client.stderr.text, b"")

    def test_the_text_is_an_option(self):
        for text in ("", "stra\u00dfe \u4e16\u754c", "x" * 65507):
            client, endpoint, data, address = self.start_client("--text", text)
            self.assertEqual(data, text.encode())
            endpoint.sendto(data, address)
            self.assertEqual(client.exit_code(), 0)
            client.stdout.wait_for(f"Received '{text}' from .*")

    def test_a_text_that_is_too_long_is_reported(self):
        self.assert_fails("udp_echo_client", "--text", "x" * 65508,
                          message="cannot send to 127.0.0.1:8080: Message too long")

    def test_answers_that_are_not_utf8_are_shown_lossily(self):
        client, endpoint, _, address = self.start_client()
        endpoint.sendto(b"\xffoops\x1b", address)
        self.assertEqual(client.exit_code(), 0)
        client.stdout.wait_for("Received '\ufffdoops\u241b' from .*")

    def test_datagrams_of_others_are_ignored(self):
        client, endpoint, data, address = self.start_client()
        self.udp_socket().sendto(b"forged", address)
        endpoint.sendto(data, address)
        self.assertEqual(client.exit_code(), 0)
        self.assertIn("'Hello, UDP!'", client.stdout.lines[-1])

    def test_silence_is_reported_after_the_timeout(self):
        endpoint = self.udp_socket()
        port = endpoint.getsockname()[1]
        start = time.monotonic()
        self.assert_fails("udp_echo_client", "--port", port, "--timeout", 200,
                          message=f"no answer from 127.0.0.1:{port} within 200 ms")
        self.assertGreaterEqual(time.monotonic() - start, 0.2)

    def test_a_missing_server_is_noticed_at_once(self):
        port = self.free_port(socket.SOCK_DGRAM)
        self.assert_fails("udp_echo_client", "--port", port, "--timeout", 60_000,
                          message=f"no answer from 127.0.0.1:{port}: Connection refused")

    def test_works_over_ipv6(self):
        client, endpoint, data, address = self.start_client(host="::1")
        endpoint.sendto(data, address)
        self.assertEqual(client.exit_code(), 0)
        self.assertRegex(client.stdout.lines[-1], r"^Received 'Hello, UDP!' from \[::1\]:\d+$")

    def test_speaks_with_udp_echo_server(self):
        server = self.start("udp_echo_server", "--port", 0)
        port = server.listening_port()
        client, code = self.run_program("udp_echo_client", "--port", port)
        self.assertEqual((code, client.stdout.lines[-1]),
                         (0, f"Received 'Hello, UDP!' from 127.0.0.1:{port}"))

    def test_signals_end_it_while_it_waits(self):
        for stop in (Program.interrupt, Program.terminate):
            client, *_ = self.start_client()
            self.assert_ends_cleanly(client, stop)

    def test_bad_addresses_are_reported(self):
        for host in ("no.such.host.invalid", "256.0.0.1", ""):
            self.assert_fails("udp_echo_client", "--host", host, message=".*:8080.*")

    def test_options(self):
        self.assert_refuses_bad_options("udp_echo_client")


if __name__ == "__main__":
    unittest.main()
