# SPDX-License-Identifier: MIT
"""udp_echo_server, with Python sockets, nc and socat as clients."""

import os
import socket
import unittest

from harness import Program, ProgramTest

LONGEST_DATAGRAM = 65507


class UdpEchoServer(ProgramTest):
    def start_server(self, *arguments):
        server = self.start("udp_echo_server", "--port", 0, *arguments)
        return server, server.listening_port()

    def assert_echoes(self, endpoint, port, data, host="127.0.0.1"):
        endpoint.sendto(data, (host, port))
        self.assertEqual(endpoint.recvfrom(1 << 16)[0], data)

    def test_echoes_and_prints_what_it_received(self):
        server, port = self.start_server()
        self.assertEqual(server.stdout.lines, [f"UDP Echo Server listening on 127.0.0.1:{port}"])
        endpoint = self.udp_socket()
        self.assert_echoes(endpoint, port, b"Hello, UDP!")
        name = f"127.0.0.1:{endpoint.getsockname()[1]}"
        server.stdout.wait_for(f"Received 'Hello, UDP!' from {name}")
        self.assert_ends_cleanly(server)

    def test_text_that_is_not_utf8_is_shown_lossily_and_echoed_exactly(self):
        server, port = self.start_server()
        endpoint = self.udp_socket()
        for data, shown in ((b"a\xffb", "a\ufffdb"), (b"\x1bc", "\u241bc"), (b"", ""),
                            ("\u4e16\u754c".encode(), "\u4e16\u754c"), (b"line\n", "line")):
            self.assert_echoes(endpoint, port, data)
            server.stdout.wait_for(f"Received '{shown}' from .*")

    def test_datagrams_of_every_size_come_back_whole(self):
        _, port = self.start_server()
        endpoint = self.udp_socket()
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        for size in (0, 1, 1023, 1024, 1025, 1472, 1473, 9000, 65000, LONGEST_DATAGRAM):
            self.assert_echoes(endpoint, port, os.urandom(size))

    def test_serves_many_senders(self):
        _, port = self.start_server()
        endpoints = [self.udp_socket() for _ in range(100)]
        for number, endpoint in enumerate(endpoints):
            endpoint.sendto(f"sender {number}".encode(), ("127.0.0.1", port))
        for number, endpoint in enumerate(endpoints):
            self.assertEqual(endpoint.recv(100), f"sender {number}".encode())

    def test_senders_that_are_gone_do_no_harm(self):
        server, port = self.start_server()
        for _ in range(50):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
                endpoint.sendto(b"no answer, please", ("127.0.0.1", port))
        self.assert_echoes(self.udp_socket(), port, b"still there?")
        self.assert_ends_cleanly(server)

    def test_survives_a_flood(self):
        server, port = self.start_server()
        flood = self.udp_socket()
        for _ in range(50_000):
            flood.sendto(b"flood", ("127.0.0.1", port))
        endpoint = self.udp_socket()
        endpoint.settimeout(0.5)
        for attempt in range(20):
            try:
                self.assert_echoes(endpoint, port, b"after the flood")
                break
            except TimeoutError:
                self.assertLess(attempt, 19)
        self.assert_memory_below(server, 32 << 20)
        self.assert_ends_cleanly(server)

    def test_nc_and_socat_get_their_echo(self):
        _, port = self.start_server()
        peer = self.run_peer("nc", "-u", "-W", "1", "127.0.0.1", port, input=b"from nc")
        self.assertEqual(peer.stdout, b"from nc")
        peer = self.run_peer("socat", "-t", "0.5", "-", f"UDP:127.0.0.1:{port}", input=b"socat")
        self.assertEqual(peer.stdout, b"socat")

    def test_listens_on_ipv6(self):
        server, port = self.start_server("--host", "::1")
        self.assertEqual(server.stdout.lines, [f"UDP Echo Server listening on [::1]:{port}"])
        self.assert_echoes(self.udp_socket("::1"), port, b"six", "::1")

    def test_signals_end_it_cleanly(self):
        for stop in (Program.interrupt, Program.terminate):
            server, _ = self.start_server()
            self.assert_ends_cleanly(server, stop)

    def test_a_port_in_use_is_reported(self):
        _, port = self.start_server()
        self.assert_fails("udp_echo_server", "--port", port,
                          message=f".*127.0.0.1:{port}: Address already in use")

    def test_bad_addresses_are_reported(self):
        self.assert_fails("udp_echo_server", "--host", "192.0.2.1", "--port", 0,
                          message=r".*192\.0\.2\.1:0: Cannot assign requested address")
        self.assert_fails("udp_echo_server", "--host", "no.such.host.invalid", message=".*:8080.*")

    def test_options(self):
        self.assert_refuses_bad_options("udp_echo_server")


if __name__ == "__main__":
    unittest.main()
