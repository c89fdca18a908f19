# SPDX-License-Identifier: MIT
"""http_server, with Python's http.client, plain sockets, and curl as clients."""

import http.client
import json
import shutil
import socket
import subprocess
import unittest

from harness import LIMIT, ProgramTest

GOOD = b'{"number": 5, "boolean": true}'
JSON = {"Content-Type": "application/json"}


class HttpServer(ProgramTest):
    def start_server(self, *arguments):
        server = self.start("http_server", "--port", 0, *arguments)
        return server, server.listening_port()

    def connect(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        self.addCleanup(connection.close)
        return connection

    def ask(self, connection, method, path, body=None, headers=JSON, **options):
        connection.request(method, path, body, headers, **options)
        response = connection.getresponse()
        return response.status, response.read().decode(), response

    def test_a_good_request_is_answered(self):
        server, port = self.start_server()
        self.assertEqual(server.stdout.lines, [f"HTTP Server listening on 127.0.0.1:{port}"])
        status, text, response = self.ask(self.connect(port), "POST", "/data", GOOD)
        self.assertEqual((status, text), (200, "Received: Data { number: 5, boolean: true }"))
        self.assertEqual(response.getheader("Content-Type"), "text/plain; charset=utf-8")
        self.assert_ends_cleanly(server)

    def test_what_does_not_fit_is_told_on_one_connection(self):
        _, port = self.start_server()
        connection = self.connect(port)
        for method, path, body, headers, wanted in (
                ("POST", "/", GOOD, JSON, 404),
                ("POST", "/other", GOOD, JSON, 404),
                ("POST", "/data/more", GOOD, JSON, 404),
                ("GET", "/data", None, {}, 405),
                ("DELETE", "/data", None, {}, 405),
                ("POST", "/data", b"", JSON, 400),
                ("POST", "/data", b'{"number": 5', JSON, 400),
                ("POST", "/data", b'{"number": 5}', JSON, 400),
                ("POST", "/data", b'{"number": -1, "boolean": true}', JSON, 400),
                ("POST", "/data", b'{"number": "5", "boolean": true}', JSON, 400),
                ("POST", "/data", GOOD, {"Content-Type": "text/plain"}, 415),
                ("POST", "/data", GOOD, JSON, 200),
        ):
            with self.subTest(method=method, path=path, body=body, headers=headers):
                status, text, response = self.ask(connection, method, path, body, headers)
                self.assertEqual(status, wanted)
                self.assertNotEqual(text, "")
                if status == 405:
                    self.assertEqual(response.getheader("Allow"), "POST")

    def test_a_long_body_is_413_announced_or_not(self):
        _, port = self.start_server()
        long = b" " * 20000 + GOOD
        self.assertEqual(self.ask(self.connect(port), "POST", "/data", long)[0], 413)
        pieces = (long[i:i + 1000] for i in range(0, len(long), 1000))
        status = self.ask(self.connect(port), "POST", "/data", pieces, encode_chunked=True)[0]
        self.assertEqual(status, 413)
        self.assertEqual(self.ask(self.connect(port), "POST", "/data", GOOD)[0], 200)

    def test_a_body_may_come_in_chunks_and_byte_by_byte(self):
        _, port = self.start_server()
        pieces = (bytes([byte]) for byte in GOOD)
        status, text, _ = self.ask(self.connect(port), "POST", "/data", pieces, encode_chunked=True)
        self.assertEqual((status, text), (200, "Received: Data { number: 5, boolean: true }"))

    def test_what_is_no_http_is_400(self):
        server, port = self.start_server()
        with socket.create_connection(("127.0.0.1", port), LIMIT) as client:
            client.sendall(b"nonsense\r\n\r\n")
            self.assertTrue(client.recv(1000).startswith(b"HTTP/1.1 400 "))
        self.assert_ends_cleanly(server)

    def test_many_clients_at_once(self):
        _, port = self.start_server()
        connections = [self.connect(port) for _ in range(50)]
        for number, connection in enumerate(connections):
            connection.request("POST", "/data", json.dumps({"number": number, "boolean": False}), JSON)
        for number, connection in enumerate(connections):
            self.assertEqual(connection.getresponse().read().decode(),
                             f"Received: Data {{ number: {number}, boolean: false }}")

    @unittest.skipUnless(shutil.which("curl"), "curl is not installed")
    def test_curl_gets_an_answer(self):
        _, port = self.start_server()
        url = f"http://127.0.0.1:{port}/data"

        def curl(*arguments):
            done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", *arguments, url],
                                  capture_output=True, timeout=LIMIT, check=True)
            return done.stdout.decode().rsplit("\n", 1)

        json_header = ("-H", "Content-Type: application/json")
        self.assertEqual(curl("-d", GOOD.decode(), *json_header),
                         ["Received: Data { number: 5, boolean: true }", "200"])
        self.assertEqual(curl("-d", GOOD.decode())[1], "415")  # curl says it is a form
        self.assertEqual(curl("-d", "{", *json_header)[1], "400")
        self.assertEqual(curl()[1], "405")
        self.assertEqual(curl("-d", " " * 20000, *json_header, "-H", "Expect: 100-continue")[1], "413")

    @unittest.skipUnless(shutil.which("curl"), "curl is not installed")
    def test_curl_sees_the_answer_to_a_body_that_is_not_read(self):
        _, port = self.start_server()
        for size in (20_000, 100_000, 200_000):
            for more in ((), ("-H", "Expect: 100-continue")):
                with self.subTest(size=size, more=more):
                    done = subprocess.run(
                        ["curl", "-sS", "--http2-prior-knowledge", "-w", "\n%{http_code}", *more,
                         "-H", "Content-Type: application/json", "--data-binary", "@-",
                         f"http://127.0.0.1:{port}/data"],
                        input=b" " * size, capture_output=True, timeout=LIMIT, check=True)
                    self.assertEqual(done.stdout.rsplit(b"\n", 1)[1], b"413")

    def test_a_port_in_use_is_reported(self):
        _, port = self.start_server()
        self.assert_fails("http_server", "--port", port,
                          message=f".*127.0.0.1:{port}: Address already in use")

    def test_files_that_are_no_directory_are_reported(self):
        self.assert_fails("http_server", "--port", 0, "--files", "/none", message=".*--files takes a directory.*")

    def test_options(self):
        self.assert_refuses_bad_options("http_server")


if __name__ == "__main__":
    unittest.main()
