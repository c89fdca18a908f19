# SPDX-License-Identifier: MIT
"""http_echo, with Python's http.client, curl, and raw sockets as clients."""

import http.client
import socket
import subprocess
import time
import unittest

from harness import LIMIT, ProgramTest, has_sanitizer, receive_all, reset

CROWD = 2000


class HttpEcho(ProgramTest):
    def start_server(self, *arguments):
        server = self.start("http_echo", "--port", 0, *arguments)
        return server, server.listening_port()

    def client(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        self.addCleanup(connection.close)
        return connection

    def curl(self, port, path, *arguments, data=None):
        done = subprocess.run(["curl", "--silent", "--show-error", "--max-time", str(LIMIT), *arguments,
                               f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, input=data)
        return done.stdout

    # ---- http.client -----------------------------------------------------------------------------

    def test_a_python_client_keeps_its_connection(self):
        server, port = self.start_server()
        connection = self.client(port)
        for _ in range(3):
            connection.request("GET", "/hello")
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.read()), (200, b"Hello!\n"))
            self.assertEqual(answer.getheader("Content-Type"), "text/plain; charset=utf-8")
            self.assertRegex(answer.getheader("Date"), r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
        connection.request("GET", "/count")
        self.assertEqual(connection.getresponse().read(), b"1\n2\n3\n4\n5\n")
        connection.request("POST", "/echo", body=b"x" * 1_000_000)
        self.assertEqual(connection.getresponse().read(), b"x" * 1_000_000)
        connection.request("POST", "/echo", body=iter([b"one,", b"two"]), encode_chunked=True,
                           headers={"Transfer-Encoding": "chunked"})
        self.assertEqual(connection.getresponse().read(), b"one,two")
        connection.request("HEAD", "/hello")
        answer = connection.getresponse()
        self.assertEqual((answer.getheader("Content-Length"), answer.read()), ("7", b""))
        connection.request("GET", "/nowhere")
        answer = connection.getresponse()
        self.assertEqual(answer.status, 404)
        answer.read()
        self.assert_ends_cleanly(server)

    # ---- curl ------------------------------------------------------------------------------------

    def test_curl_gets_posts_and_uploads(self):
        server, port = self.start_server()
        self.assertEqual(self.curl(port, "/hello"), b"Hello!\n")
        self.assertEqual(self.curl(port, "/hello", "--http1.0"), b"Hello!\n")
        self.assertEqual(self.curl(port, "/count", "--http1.0"), b"1\n2\n3\n4\n5\n")
        self.assertEqual(self.curl(port, "/echo", "--data", "some data"), b"some data")
        # Large enough for curl to ask with `Expect: 100-continue` first.
        data = bytes(range(256)) * 20_000
        self.assertEqual(self.curl(port, "/echo", "--data-binary", "@-", data=data), data)
        self.assertEqual(self.curl(port, "/echo", "-T", "-", data=data), data)  # in chunks
        head = self.curl(port, "/hello", "--head").decode()
        self.assertIn("HTTP/1.1 200 OK\r\n", head)
        self.assertIn("Content-Length: 7\r\n", head)
        self.assert_ends_cleanly(server)

    # ---- raw bytes -------------------------------------------------------------------------------

    def test_a_client_that_drips_its_head_is_cut_off_and_others_are_not(self):
        server, port = self.start_server("--header-timeout", 1000)
        slow = self.connect(port)
        start = time.monotonic()
        slow.settimeout(0.1)
        answer = b""
        for byte in b"GET /hello HTTP/1.1\r\nHost: a\r\n" * 10:
            try:
                slow.send(bytes([byte]))
                answer += slow.recv(1000)
                break
            except TimeoutError:
                self.assertEqual(self.curl(port, "/hello"), b"Hello!\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)
        self.assertGreaterEqual(time.monotonic() - start, 0.95)
        self.assert_ends_cleanly(server)

    def test_rude_clients_do_no_harm(self):
        server, port = self.start_server()
        for data in (b"", b"GET", b"\x16\x03\x01", b"GET /count HTTP/1.1\r\nHost: a\r\n\r\n",
                     b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"):
            stream = self.connect(port)
            stream.sendall(data)
            reset(stream)
        stream = self.connect(port)
        stream.sendall(b"GET / HTTP/1.1\r\nHost : a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        stream.shutdown(socket.SHUT_WR)
        answer = receive_all(stream)
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)
        self.assertEqual(answer.count(b"HTTP/1.1"), 1)
        self.assertEqual(self.curl(port, "/hello"), b"Hello!\n")
        self.assert_ends_cleanly(server)

    def test_an_idle_connection_costs_less_than_ten_kilobytes(self):
        server, port = self.start_server("--workers", 1)
        if has_sanitizer("http_echo"):
            self.skipTest("a sanitizer needs memory of its own")
        request = b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

        def served():
            stream = self.connect(port)
            stream.sendall(request)
            answer = b""
            while not answer.endswith(b"Hello!\n"):
                answer += stream.recv(1000)
            return stream

        first = [served() for _ in range(50)]
        before = self.resident_bytes(server)
        crowd = [served() for _ in range(CROWD)]
        used = (self.resident_bytes(server) - before) / len(crowd)
        self.assertLess(used, 10_000)
        print(f"{used:.0f} bytes an idle connection")
        for stream in first + crowd:
            stream.close()
        self.assert_ends_cleanly(server)

    @staticmethod
    def resident_bytes(server):
        with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096


if __name__ == "__main__":
    unittest.main()
