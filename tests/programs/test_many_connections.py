# SPDX-License-Identifier: MIT
"""echo_server with 10,000 clients that are connected at the same time."""

import errno
import resource
import select
import socket
import time
import unittest

from harness import LIMIT, ProgramTest

CONNECTIONS = 10_000
OPEN_FILES = CONNECTIONS + 200
AT_ONCE = 500  # connects under way, fewer than the server's backlog


class Crowd:
    """Many non-blocking clients of one port, driven by one epoll."""

    def __init__(self, port):
        self._port = port
        self._epoll = select.epoll()
        self.clients = {}

    def close(self):
        for client in self.clients.values():
            client.close()
        self._epoll.close()

    def _ready(self, events, count):
        """The next `count` clients that these events happen to."""
        deadline = time.monotonic() + LIMIT
        while count > 0:
            found = self._epoll.poll(max(0, deadline - time.monotonic()), count)
            if not found:
                raise AssertionError(f"{count} clients still wait")
            for descriptor, happened in found:
                assert happened & events, f"events {happened:#x}"
                count -= 1
                yield self.clients[descriptor]

    def connect(self, count):
        for _ in range(count):
            client = socket.socket()
            client.setblocking(False)
            if client.connect_ex(("127.0.0.1", self._port)) not in (0, errno.EINPROGRESS):
                raise AssertionError("cannot connect")
            self.clients[client.fileno()] = client
            self._epoll.register(client, select.EPOLLOUT | select.EPOLLONESHOT)
        for client in self._ready(select.EPOLLOUT, count):
            assert client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0

    def exchange(self, message):
        """Every client sends a message of its own and gets it back."""
        for descriptor, client in self.clients.items():
            assert client.send(message(descriptor)) == len(message(descriptor))
            self._epoll.modify(client, select.EPOLLIN | select.EPOLLONESHOT)
        for client in self._ready(select.EPOLLIN, len(self.clients)):
            assert client.recv(100) == message(client.fileno())


class ManyConnections(ProgramTest):
    def test_ten_thousand_clients_at_once(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < OPEN_FILES:
            self.skipTest(f"a process may open only {hard} files here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))
        server = self.start("echo_server", "--port", 0, open_files=OPEN_FILES)
        crowd = Crowd(server.listening_port())
        self.addCleanup(crowd.close)
        for _ in range(CONNECTIONS // AT_ONCE):
            crowd.connect(AT_ONCE)
        server.stdout.wait_for("Handling connection from: .*", CONNECTIONS)
        for turn in range(2):
            crowd.exchange(lambda client, turn=turn: b"%d of client %d" % (turn, client))
        self.assertGreater(server.open_files(), CONNECTIONS)
        crowd.close()
        server.stdout.wait_for("Client .* disconnected.", CONNECTIONS)
        self.assert_ends_cleanly(server)


if __name__ == "__main__":
    unittest.main()
