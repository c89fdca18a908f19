# SPDX-License-Identifier: MIT
"""http_echo with crowds: thousands of idle connections, and bursts of handshakes."""

import http.client
import resource
import selectors
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from harness import LIMIT, ProgramTest, has_sanitizer

ROOT = Path(__file__).resolve().parents[2]
CROWD = 10_000
OPEN_FILES = CROWD + 300  # on either side
CONNECTING_AT_ONCE = 500
GET = b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
DONE = b"Hello!\n"


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0)
GET_HELLO = b"\x82\x86\x04\x06/hello\x41\x01a"


def get_of_http2(stream=1):
    return frame(1, 5, stream, GET_HELLO)


class HttpCrowd(ProgramTest):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.keys = Path(directory.name)
        subprocess.run([ROOT / "scripts" / "make_certificate", cls.keys], check=True, capture_output=True)

    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < OPEN_FILES:
            self.skipTest(f"only {hard} files may be open in a process; {OPEN_FILES} are needed")
        if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
            resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))
            self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def start_server(self, *arguments, **options):
        options.setdefault("open_files", OPEN_FILES)
        server = self.start("http_echo", "--port", 0, "--workers", 1, *arguments, **options)
        return server, server.listening_port()

    def start_encrypted(self, *arguments):
        return self.start_server("--cert", self.keys / "cert.pem", "--key", self.keys / "key.pem", *arguments)

    # ---- idle connections ------------------------------------------------------------------------

    def connect_crowd(self, port, count, request):
        """That many connections, each of which has had the answer to a request."""
        crowd = []
        selector = selectors.DefaultSelector()
        self.addCleanup(selector.close)
        waiting = 0
        while waiting > 0 or len(crowd) < count:
            while waiting < CONNECTING_AT_ONCE and len(crowd) < count:
                stream = socket.socket()
                self.addCleanup(stream.close)
                stream.setblocking(False)
                stream.connect_ex(("127.0.0.1", port))
                selector.register(stream, selectors.EVENT_WRITE, bytearray())
                crowd.append(stream)
                waiting += 1
            ready = selector.select(LIMIT)
            self.assertTrue(ready, "nothing happens any more")
            for key, events in ready:
                if events & selectors.EVENT_WRITE:
                    self.assertEqual(key.fileobj.send(request), len(request))
                    selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
                    continue
                piece = key.fileobj.recv(1000)
                self.assertTrue(piece)
                key.data.extend(piece)
                if DONE in key.data:
                    selector.unregister(key.fileobj)
                    waiting -= 1
        return crowd

    def test_ten_thousand_idle_connections(self):
        server, port = self.start_server()
        self.connect_crowd(port, 100, GET)
        memory = server.resident_bytes()
        crowd = self.connect_crowd(port, CROWD, GET)
        used = (server.resident_bytes() - memory) / CROWD
        print(f"\n{CROWD} idle connections of HTTP/1: {used:.0f} bytes each")
        if not has_sanitizer("http_echo"):
            self.assertLess(used, 10_000)
        # They need no processor, and are in nobody's way.
        cpu = server.cpu_seconds()
        for stream in crowd[::500]:
            start = time.monotonic()
            stream.setblocking(True)
            stream.settimeout(LIMIT)
            stream.sendall(GET)
            self.assertIn(DONE, stream.recv(1000))
            self.assertLess(time.monotonic() - start, 1)
        time.sleep(0.5)
        self.assertLess(server.cpu_seconds() - cpu, 0.5)
        self.assert_ends_cleanly(server)

    def test_idle_connections_of_http2(self):
        server, port = self.start_server()
        self.connect_crowd(port, 100, PREFACE + get_of_http2())
        memory = server.resident_bytes()
        self.connect_crowd(port, 2000, PREFACE + get_of_http2())
        used = (server.resident_bytes() - memory) / 2000
        print(f"\n2000 idle connections of HTTP/2: {used:.0f} bytes each")
        if not has_sanitizer("http_echo"):
            self.assertLess(used, 28_000)
        self.assert_ends_cleanly(server)

    def test_idle_connections_with_tls(self):
        server, port = self.start_encrypted()
        context = ssl.create_default_context(cafile=self.keys / "ca.pem")
        kept = []

        def connect():
            plain = socket.create_connection(("localhost", port), LIMIT)
            stream = context.wrap_socket(plain, server_hostname="localhost")
            self.addCleanup(stream.close)
            stream.sendall(GET)
            answer = b""
            while DONE not in answer:
                piece = stream.recv(1000)
                self.assertTrue(piece)
                answer += piece
            kept.append(stream)

        count = 200 if has_sanitizer("http_echo") else 1000
        for _ in range(100):
            connect()
        memory = server.resident_bytes()
        for _ in range(count):
            connect()
        used = (server.resident_bytes() - memory) / count
        print(f"\n{count} idle connections of HTTP/1 with TLS: {used:.0f} bytes each")
        if not has_sanitizer("http_echo"):
            self.assertLess(used, 40_000)
        self.assert_ends_cleanly(server)

    # ---- T-10 ------------------------------------------------------------------------------------

    @unittest.skipUnless(shutil.which("h2load"), "h2load is needed")
    def test_a_burst_of_handshakes_leaves_the_others_their_turn(self):
        server, port = self.start_encrypted()
        context = ssl.create_default_context(cafile=self.keys / "ca.pem")
        known = http.client.HTTPSConnection("localhost", port, timeout=LIMIT, context=context)
        self.addCleanup(known.close)
        known.connect()
        count = 300 if has_sanitizer("http_echo") else 2000
        start = time.monotonic()
        burst = subprocess.Popen(["h2load", "-n", str(count), "-c", str(count), "-m", "1",
                                  f"https://localhost:{port}/hello"], stdout=subprocess.PIPE)
        self.addCleanup(burst.wait)
        self.addCleanup(burst.stdout.close)
        longest = 0.0
        asked = 0
        while burst.poll() is None or asked == 0:
            begin = time.monotonic()
            known.request("GET", "/count")  # which sleeps five times
            self.assertEqual(known.getresponse().read(), b"1\n2\n3\n4\n5\n")
            longest = max(longest, time.monotonic() - begin)
            asked += 1
        took = time.monotonic() - start
        text = burst.stdout.read().decode()
        self.assertIn(f"{count} succeeded, 0 failed", text)
        print(f"\n{count} handshakes in {took:.2f} s; an answer that takes 0.1 s took {longest:.2f} s at most")
        self.assertLess(longest, 2)
        self.assert_ends_cleanly(server)


if __name__ == "__main__":
    unittest.main()
