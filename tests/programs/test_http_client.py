# SPDX-License-Identifier: MIT
"""http_client, with Python's http.server as server."""

import contextlib
import gzip
import http.server
import os
import pty
import subprocess
import threading
import unittest

from harness import EXAMPLES, LIMIT, ProgramTest


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self):
        with contextlib.suppress(ConnectionError):  # a client that has gone
            super().handle()

    def log_message(self, *arguments):
        pass

    def answer(self, status, body, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        if self.path == "/see-other":
            self.answer(303, b"", ("Location", "/text"))
        else:
            self.answer(200, b"Received: " + body)

    def do_GET(self):
        self.server.seen.append((self.command, self.path, dict(self.headers), b""))
        if self.path == "/text":
            self.answer(200, b"some text", ("X-One", "1"))
        elif self.path == "/gzip":
            self.answer(200, gzip.compress(b"z" * 100_000), ("Content-Encoding", "gzip"))
        elif self.path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n")
        elif self.path == "/loop":
            self.answer(302, b"", ("Location", "/loop"))
        elif self.path == "/large":
            self.answer(200, b"0123456789" * 500_000)
        elif self.path == "/endless":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            while True:
                self.wfile.write(b"endless " * 1000)
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"short")
            self.close_connection = True
        else:
            self.answer(404, b"no such page")


class HttpClient(ProgramTest):
    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.seen = []
        self.server.daemon_threads = True
        thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        thread.start()
        self.addCleanup(thread.join, LIMIT)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"

    def fetch(self, path, *arguments):
        client, code = self.run_program("http_client", *arguments, self.base + path)
        return client.stdout.text, client.stderr.text.decode(), code

    def test_posts_json_and_prints_the_answer(self):
        out, err, code = self.fetch("/data")
        self.assertEqual((out, err, code),
                         (b'Received: {"number":5,"boolean":true}', "", 0))
        method, path, headers, _ = self.server.seen[0]
        self.assertEqual((method, path), ("POST", "/data"))
        self.assertEqual(headers["Content-Type"], "application/json")

    def test_number_json_and_headers_are_options(self):
        self.assertEqual(self.fetch("/data", "--number", 7)[0],
                         b'Received: {"number":7,"boolean":true}')
        out, _, code = self.fetch("/data", "--json", '{"a": [1]}', "--header", "X-Two: 2")
        self.assertEqual((out, code), (b'Received: {"a": [1]}', 0))
        self.assertEqual(self.server.seen[1][2]["X-Two"], "2")

    def test_get_and_headers_of_the_answer(self):
        self.assertEqual(self.fetch("/text", "--get")[0], b"some text")
        out, _, code = self.fetch("/text", "--get", "--include")
        self.assertEqual(code, 0)
        self.assertTrue(out.startswith(b"200 OK\n"))
        self.assertIn(b"\nX-One: 1\n", out)
        self.assertTrue(out.endswith(b"\n\nsome text"))

    def test_redirects_compression_and_chunks(self):
        self.assertEqual(self.fetch("/see-other")[0], b"some text")
        self.assertEqual(self.fetch("/gzip", "--get")[0], b"z" * 100_000)
        self.assertEqual(self.fetch("/chunked", "--get")[0], b"hello, world")
        self.assertEqual(len(self.fetch("/large", "--get")[0]), 5_000_000)

    def test_failures_have_a_message_and_exit_code_1(self):
        out, err, code = self.fetch("/nothing", "--get")
        self.assertEqual((out, code), (b"no such page", 1))
        self.assertIn("404 Not Found", err)
        _, err, code = self.fetch("/loop", "--get")
        self.assertEqual(code, 1)
        self.assertIn("redirect", err)
        out, err, code = self.fetch("/cut", "--get")
        self.assertEqual((out, code), (b"short", 1))
        self.assertIn("cannot read the answer", err)

    def test_an_answer_that_cannot_be_printed_is_reported(self):
        for path in ("/text", "/endless"):
            for arguments in ([], ["--include"]):
                with self.subTest(path=path, arguments=arguments), open("/dev/full", "wb") as full:
                    done = subprocess.run([EXAMPLES / "http_client", "--get", *arguments, self.base + path],
                                          stdout=full, stderr=subprocess.PIPE, timeout=LIMIT, check=False)
                    self.assertEqual(done.returncode, 1)
                    self.assertEqual(done.stderr, b"http_client: cannot write the answer: "
                                                  b"No space left on device\n")

    def test_only_a_terminal_gets_an_end_of_the_line(self):
        terminal, end = pty.openpty()
        self.addCleanup(os.close, terminal)
        with open(end, "wb") as stdout:
            done = subprocess.run([EXAMPLES / "http_client", "--get", self.base + "/text"],
                                  stdout=stdout, timeout=LIMIT, check=False)
            self.assertEqual(done.returncode, 0)
            self.assertEqual(os.read(terminal, 1000), b"some text\r\n")

    def test_a_refused_connection_is_reported(self):
        listener, port = self.listen()
        listener.close()
        client, code = self.run_program("http_client", "--get", f"http://127.0.0.1:{port}/")
        self.assertEqual(code, 1)
        self.assertIn(f"cannot connect to http://127.0.0.1:{port}/: Connection refused",
                      client.stderr.text.decode())

    def test_a_bad_url_and_a_bad_header_are_reported(self):
        client, code = self.run_program("http_client", "--get", "ftp://example.org/")
        self.assertEqual(code, 1)
        self.assertIn("neither http nor https", client.stderr.text.decode())
        client, code = self.run_program("http_client", "--header", "none", self.base)
        self.assertEqual(code, 2)

    def test_the_url_may_stand_anywhere_but_only_once(self):
        client, code = self.run_program("http_client", self.base + "/data", "--number", 7)
        self.assertEqual((client.stdout.text, code), (b'Received: {"number":7,"boolean":true}', 0))
        client, code = self.run_program("http_client", "--number", 4294967295,
                                        self.base.removeprefix("http://") + "/data")
        self.assertEqual((client.stdout.text, code), (b'Received: {"number":4294967295,"boolean":true}', 0))
        client, code = self.run_program("http_client", "get", self.base + "/data")
        self.assertEqual(code, 2)
        self.assertIn("one URL at a time", client.stderr.text.decode())

    def test_a_silent_server_is_given_up(self):
        listener, port = self.listen()
        client, code = self.run_program("http_client", "--timeout", 200, "--get",
                                        f"http://127.0.0.1:{port}/")
        self.assertEqual(code, 1)
        self.assertIn("no answer from", client.stderr.text.decode())
        listener.close()


if __name__ == "__main__":
    unittest.main()
