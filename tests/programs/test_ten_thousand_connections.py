# SPDX-License-Identifier: MIT
"""echo_server with ten thousand connections at once, all of which are served."""

import resource
import selectors
import socket
import time
import unittest

from harness import LIMIT, ProgramTest, has_sanitizer, receive_exactly

CONNECTIONS = 10_000
OPEN_FILES = CONNECTIONS + 200  # on either side
CONNECTING_AT_ONCE = 500


class Crowd:
    """Many connections, served by one thread with epoll."""

    def __init__(self, port):
        self.port = port
        self.streams = []
        self.selector = selectors.DefaultSelector()

    def close(self):
        self.selector.close()
        for stream in self.streams:
            stream.close()

    def connect_all(self):
        connecting = 0
        while connecting > 0 or len(self.streams) < CONNECTIONS:
            while connecting < CONNECTING_AT_ONCE and len(self.streams) < CONNECTIONS:
                stream = socket.socket()
                stream.setblocking(False)
                stream.connect_ex(("127.0.0.1", self.port))
                self.selector.register(stream, selectors.EVENT_WRITE)
                self.streams.append(stream)
                connecting += 1
            for stream in self.wait():
                error = stream.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                assert error == 0, f"connect: error {error}"
                self.selector.unregister(stream)
                connecting -= 1

    def exchange(self, text):
        """Sends a message of its own on each connection, and waits for all echoes."""
        awaited = {}
        for number, stream in enumerate(self.streams):
            awaited[stream] = f"{text} {number}".encode()
            assert stream.send(awaited[stream]) == len(awaited[stream])
            self.selector.register(stream, selectors.EVENT_READ)
        while awaited:
            for stream in self.wait():
                echo = stream.recv(1000)
                assert echo and awaited[stream].startswith(echo), f"{echo} for {awaited[stream]}"
                awaited[stream] = awaited[stream][len(echo):]
                if not awaited[stream]:
                    del awaited[stream]
                    self.selector.unregister(stream)

    def wait(self):
        ready = self.selector.select(LIMIT)
        assert ready, "nothing happens any more"
        return [key.fileobj for key, _ in ready]


class TenThousandConnections(ProgramTest):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < OPEN_FILES:
            self.skipTest(f"only {hard} files may be open in a process; {OPEN_FILES} are needed")
        if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
            resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))
            self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def test_all_are_served_and_cost_little(self):
        server = self.start("echo_server", "--port", 0, open_files=OPEN_FILES)
        port = server.listening_port()
        files = server.open_files()
        memory = server.resident_bytes()
        crowd = Crowd(port)
        self.addCleanup(crowd.close)

        crowd.connect_all()
        server.stdout.wait_for("Handling connection from: .*", count=CONNECTIONS)
        self.assertEqual(server.open_files(), files + CONNECTIONS)
        crowd.exchange("hello from")
        crowd.exchange("and again from")
        memory = (server.resident_bytes() - memory) / CONNECTIONS
        self.assertLess(memory, (64 if has_sanitizer("echo_server") else 10) << 10)

        # They are idle now: they need no processor, and are in nobody's way.
        used = server.cpu_seconds()
        for _ in range(20):
            start = time.monotonic()
            stream = self.connect(port)
            stream.sendall(b"hello")
            self.assertEqual(receive_exactly(stream, 5), b"hello")
            stream.close()
            self.assertLess(time.monotonic() - start, 1)
            time.sleep(0.05)
        self.assertLess(server.cpu_seconds() - used, 0.5)

        self.assertEqual(server.stderr.text, b"")
        start = time.monotonic()
        self.assert_ends_cleanly(server)
        print(f"\n{CONNECTIONS} connections: {memory / 1024:.1f} KiB each; "
              f"ended in {time.monotonic() - start:.2f} s")


if __name__ == "__main__":
    unittest.main()
