# SPDX-License-Identifier: MIT
"""http_echo with clients that flood it by HTTP/2, and with more of them than it has descriptors for."""

import threading
import time
import unittest

from harness import ProgramTest, has_sanitizer, receive_all, wait_until

GET = b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
DONE = b"Hello!\n"


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0)
GET_HELLO = b"\x82\x86\x04\x06/hello\x41\x01a"


def get_of_http2(stream=1):
    return frame(1, 5, stream, GET_HELLO)


class HttpFloods(ProgramTest):
    def start_server(self, **options):
        server = self.start("http_echo", "--port", 0, "--workers", 1, **options)
        return server, server.listening_port()

    # ---- H-12 ------------------------------------------------------------------------------------

    def floods(self):
        """What to send, again and again; with the number of the turn."""
        bomb = b"\x40\x01x\x7f\xa1\x1e" + b"b" * 4000 + b"\xbe" * 10_000
        post = b"\x83\x86\x84\x41\x01a"
        junk = (b"\x00\x01x\x64" + b"v" * 100) * 100
        return {
            "resets": lambda i: frame(1, 4, 2 * i + 1, post) + frame(3, 0, 2 * i + 1, b"\0\0\0\x08"),
            "resets by the server": lambda i: (frame(1, 4, 2 * i + 1, post) +
                                               frame(8, 0, 2 * i + 1, b"\x7f\xff\xff\xff")),
            "requests": lambda i: frame(1, 4, 2 * i + 1, post),
            "requests with large heads": lambda i: (frame(1, 0, 2 * i + 1, post + junk) +
                                                    frame(9, 4, 2 * i + 1, junk)),
            "continuations": lambda i: frame(9, 0, 1, junk) if i else frame(1, 0, 1, post),
            "pings": lambda i: frame(6, 0, 0, b"12345678") * 100,
            "settings": lambda i: frame(4, 0, 0) * 100,
            "empty data": lambda i: frame(0, 0, 1) * 100 if i else frame(1, 4, 1, post),
            "bombs": lambda i: frame(1, 5, 2 * i + 1, post + bomb),
            "windows": lambda i: frame(8, 0, 0, b"\0\0\0\x01") * 100,
            "unknown frames": lambda i: frame(0xee, 0, 0, b"x" * 16_000),
            "data for nobody": lambda i: frame(0, 0, 1, b"x" * 16_000) if i else frame(1, 4, 1, post),
        }

    def test_floods_cost_little_and_harm_nobody(self):
        server, port = self.start_server()
        other = self.connect(port)
        other.sendall(PREFACE)

        def ask(number, answer=b""):
            other.sendall(get_of_http2(number))
            while DONE not in answer:
                piece = other.recv(10_000)
                self.assertTrue(piece)
                answer += piece

        ask(1)
        number = 1
        for name, make in self.floods().items():
            for reads in (True, False):
                with self.subTest(flood=name, reads=reads):
                    memory = server.resident_bytes()
                    highest = self.flood(server, port, make, reads)
                    number += 2
                    ask(number)
                    grown = highest - memory
                    limit = 16 << 20
                    if not has_sanitizer("http_echo"):  # which keeps what was freed: 256 MB
                        self.assertLess(grown, limit)
        self.assert_ends_cleanly(server)

    def flood(self, server, port, make, reads):
        """Sends for at most a second, or 50 MB, or until the server has had enough."""
        highest = 0
        stream = self.connect(port)
        stream.settimeout(0.3)
        if reads:
            reader = threading.Thread(target=self.read_to_the_end, args=(stream.dup(),), daemon=True)
            reader.start()
        sent = 0
        end = time.monotonic() + 1
        try:
            stream.sendall(PREFACE)
            for i in range(1 << 20):
                bytes_ = make(i)
                sent += len(bytes_)
                stream.sendall(bytes_)
                if i % 50 == 0:
                    highest = max(highest, server.resident_bytes())
                    if time.monotonic() > end or sent > 50 << 20:
                        break
        except OSError:
            pass  # the server has closed the connection, or takes nothing more
        highest = max(highest, server.resident_bytes())
        stream.close()
        return highest

    @staticmethod
    def read_to_the_end(stream):
        with stream:
            try:
                receive_all(stream)
            except OSError:
                pass

    # ---- F-01 ------------------------------------------------------------------------------------

    def test_more_clients_than_descriptors(self):
        self.skip_if_descriptors_must_not_run_out("http_echo")
        server, port = self.start_server(open_files=64)
        clients = [self.connect(port) for _ in range(200)]
        wait_until(lambda: server.open_files() == 64)

        def ask(client):
            client.sendall(GET)
            answer = b""
            while DONE not in answer:
                piece = client.recv(1000)
                self.assertTrue(piece, answer)
                answer += piece

        # Who is in is served, and nobody spins.
        cpu = server.cpu_seconds()
        start = time.monotonic()
        while time.monotonic() - start < 3:
            ask(clients[0])
            time.sleep(0.05)
        self.assertLess(server.cpu_seconds() - cpu, 0.3)
        self.assertLessEqual(len(server.stderr.lines), 5)
        # Who has waited is served, too.
        for client in clients[:150]:
            client.close()
        start = time.monotonic()
        for client in clients[150:]:
            ask(client)
        self.assertLess(time.monotonic() - start, 3)
        self.assert_ends_cleanly(server)


if __name__ == "__main__":
    unittest.main()
