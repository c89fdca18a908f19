# SPDX-License-Identifier: MIT
"""Clients that mean harm, or are broken, and http_server: it serves the others, stays small, and
says nothing about them."""

import socket
import struct
import time

from harness import LIMIT, ProgramTest, wait_until

GOOD = b'{"number": 5, "boolean": true}'
REQUEST = (b"POST /data HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
           b"Content-Length: %d\r\n\r\n%s" % (len(GOOD), GOOD))
ANSWER = b"Received: Data { number: 5, boolean: true }"
RESET = struct.pack("ii", 1, 0)


class HttpAbuse(ProgramTest):
    def setUp(self):
        self.server = self.start("http_server", "--port", 0)
        self.port = self.server.listening_port()

    def read_answers(self, client, count):
        answers = b""
        while answers.count(ANSWER) < count:
            piece = client.recv(1 << 20)
            self.assertNotEqual(piece, b"", "the server has closed the connection")
            answers += piece
        self.assertEqual(answers.count(b"HTTP/1.1 200 OK\r\n"), count)

    def assert_serves(self):
        with self.connect(self.port) as client:
            client.sendall(REQUEST)
            self.read_answers(client, 1)

    def wait_for_open_files(self, most):
        wait_until(lambda: self.server.open_files() <= most)

    def tearDown(self):
        self.assert_serves()
        self.assert_ends_cleanly(self.server)
        self.assertEqual(self.server.stderr.text, b"")

    def test_slow_heads_hold_nobody_up(self):
        self.assert_serves()
        files = self.server.open_files()
        slow = [self.connect(self.port) for _ in range(500)]
        for byte in b"POST /data HTTP":
            for client in slow:
                client.send(bytes([byte]))
            self.assert_serves()
        self.assert_memory_below(self.server, 64 << 20)
        for client in slow:
            client.close()
        self.wait_for_open_files(files)

    def test_who_does_not_read_is_not_served_for_ever(self):
        client = self.connect(self.port)
        client.setblocking(False)
        sent = 0
        idle_since = time.monotonic()
        while sent < 64 << 20 and time.monotonic() - idle_since < 0.5:
            try:
                sent += client.send(REQUEST * 100)
                idle_since = time.monotonic()
            except BlockingIOError:
                self.assert_serves()
        # The system's buffers take some megabytes, the server next to nothing.
        self.assertLess(sent, 64 << 20)
        self.assert_memory_below(self.server, 64 << 20)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client.close()

    def test_ten_thousand_requests_in_one_write(self):
        client = self.connect(self.port)
        requests = memoryview(REQUEST * 10_000)
        answers = b""
        client.setblocking(False)
        deadline = time.monotonic() + LIMIT
        while answers.count(ANSWER) < 10_000:
            self.assertLess(time.monotonic(), deadline)
            try:
                requests = requests[client.send(requests):] if requests else requests
            except BlockingIOError:
                pass
            try:
                answers += client.recv(1 << 20)
            except BlockingIOError:
                time.sleep(0.001)
        self.assertEqual(answers.count(b"HTTP/1.1 200 OK\r\n"), 10_000)

    def test_a_port_scan_leaves_nothing(self):
        self.assert_serves()
        files = self.server.open_files()
        for number in range(1000):
            client = socket.create_connection(("127.0.0.1", self.port), LIMIT)
            if number % 3 == 1:
                client.send(b"\x16\x03\x01\x02\x00")  # TLS
            if number % 3 == 2:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.close()
        self.wait_for_open_files(files)

    def test_a_half_close_is_answered(self):
        with self.connect(self.port) as client:
            client.sendall(REQUEST * 3)
            client.shutdown(socket.SHUT_WR)
            self.read_answers(client, 3)
            self.assertEqual(client.recv(1), b"")


if __name__ == "__main__":
    import unittest
    unittest.main()
