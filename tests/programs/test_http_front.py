# SPDX-License-Identifier: MIT
"""http_server behind nginx, which sends the requests of all its clients on connections that it keeps:
whoever gets a byte past one of the two that the other takes for a request of its own, takes the answers
of others."""

import os
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import ProgramTest, wait_until

NGINX = "/usr/sbin/nginx"
CONFIG = """
daemon off;
master_process off;
pid {directory}/pid;
error_log {directory}/errors;
events {{}}
http {{
    access_log off;
    keepalive_timeout 0;
    lingering_close off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    upstream http_server {{
        server 127.0.0.1:{server};
        keepalive 1;
    }}
    server {{
        listen 127.0.0.1:{front};
        location / {{
            proxy_pass http://http_server;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_request_buffering off;
        }}
    }}
}}
"""

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
JSON = b'{"number": 5, "boolean": true}'
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def post(headers, body):
    return (b"POST /data HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + headers + b"\r\n" + body)


ROWS = {
    "a length and chunks": post(b"Content-Length: 5\r\n" + CHUNKED, b"0\r\n\r\n" + SMUGGLED),
    "chunks and a length": post(CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n" + SMUGGLED),
    "chunks and something else": post(CHUNKED + b"Transfer-Encoding: x\r\n", b"0\r\n\r\n" + SMUGGLED),
    "chunks that are none": post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    "chunks behind a control character": post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    "chunks with a blank": post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    "chunks in a folded line": post(b"X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                                    b"0\r\n\r\n" + SMUGGLED),
    "two lengths": post(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello" + SMUGGLED),
    "a length with a sign": post(b"Content-Length: +5\r\n", b"hello" + SMUGGLED),
    "a length that overflows": post(b"Content-Length: 18446744073709551621\r\n", b"hello" + SMUGGLED),
    "chunks with bare line feeds": post(CHUNKED, b"5\nhello\n0\n\n" + SMUGGLED),
    "a line feed in an extension": post(CHUNKED, b"5;a\nb\r\nhello\r\n0\r\n\r\n" + SMUGGLED),
    "a chunk that is longer than it says": post(CHUNKED, b"2\r\nhello\r\n0\r\n\r\n" + SMUGGLED),
    "a chunk of a negative size": post(CHUNKED, b"-1\r\n" + SMUGGLED),
    "a chunk of an endless size": post(CHUNKED, b"fffffffffffffffff\r\n" + SMUGGLED),
    "a body of GET": b"GET /data HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED,
    "a body in front of a limit": post(b"Content-Length: 100000\r\n", b"x" * 1000 + SMUGGLED),
    "an expectation": post(b"Expect: 100-continue\r\nContent-Length: %d\r\n" % len(SMUGGLED), SMUGGLED),
    "an upgrade": post(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
                       b"Content-Length: %d\r\n" % len(SMUGGLED), SMUGGLED),
}


@unittest.skipUnless(os.access(NGINX, os.X_OK), "nginx is needed")
class HttpFront(ProgramTest):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.server = self.start("http_server", "--port", 0)
        self.front = self.free_port()
        config = Path(directory.name) / "nginx.conf"
        config.write_text(CONFIG.format(directory=directory.name, server=self.server.listening_port(),
                                        front=self.front))
        nginx = subprocess.Popen([NGINX, "-c", config], stderr=subprocess.DEVNULL)
        self.addCleanup(nginx.wait)
        self.addCleanup(nginx.kill)
        wait_until(self.is_listening)

    def is_listening(self):
        with socket.socket() as stream:
            return stream.connect_ex(("127.0.0.1", self.front)) == 0

    def exchange(self, request):
        """What comes back until the front ends the connection, which it does behind the first answer."""
        with self.connect(self.front) as stream:
            stream.sendall(request)
            answer = b""
            try:
                while piece := stream.recv(65536):
                    answer += piece
            except ConnectionResetError:
                pass
            return answer

    def assert_serves(self, number):
        body = b'{"number": %d, "boolean": true}' % number
        answer = self.exchange(post(b"Content-Length: %d\r\n" % len(body), body))
        self.assertTrue(answer.endswith(b"Received: Data { number: %d, boolean: true }" % number), answer)
        self.assertEqual(answer.count(b"HTTP/1.1 "), 1)

    def test_nothing_is_smuggled_past_a_front(self):
        number = 0
        for name, request in ROWS.items():
            with self.subTest(name):
                answer = self.exchange(request).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
                self.assertLessEqual(answer.count(b"HTTP/1.1 "), 1, answer)
                self.assertNotIn(b"HTTP/1.1 200", answer)
                self.assertNotIn(b"404", answer)  # the answer to what was smuggled
                # The next ones come on the same connection of nginx's, and get their own answers.
                for _ in range(3):
                    number += 1
                    self.assert_serves(number)

    def test_chunks_and_lengths_go_through(self):
        for request in (post(b"Content-Length: %d\r\n" % len(JSON), JSON),
                        post(CHUNKED, b"%x\r\n%s\r\n0\r\n\r\n" % (len(JSON), JSON))):
            self.assertIn(b"HTTP/1.1 200 ", self.exchange(request))
        self.assert_ends_cleanly(self.server)


if __name__ == "__main__":
    unittest.main()
