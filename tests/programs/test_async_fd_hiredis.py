# SPDX-License-Identifier: MIT
"""async_fd_hiredis, with a small server of Redis' protocol as peer."""

import subprocess
import threading
import unittest

from harness import EXAMPLES, LIMIT, ProgramTest


def read_command(file):
    """The words of the next command, or None at the end."""
    header = file.readline()
    if not header:
        return None
    words = []
    for _ in range(int(header[1:])):
        size = int(file.readline()[1:])
        words.append(file.read(size))
        file.read(2)
    return words


class Store:
    """As much of a Redis server as the tests need."""

    def __init__(self):
        self.values = {}

    def answer(self, words):
        name, *rest = words
        name = name.upper()
        if name == b"PING":
            return b"+PONG\r\n"
        if name == b"SET":
            self.values[rest[0]] = rest[1]
            return b"+OK\r\n"
        if name == b"GET":
            value = self.values.get(rest[0])
            return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)
        if name == b"STRLEN":
            return b":%d\r\n" % len(self.values.get(rest[0], b""))
        if name == b"KEYS":
            keys = sorted(self.values)
            return b"*%d\r\n" % len(keys) + b"".join(b"$%d\r\n%s\r\n" % (len(k), k) for k in keys)
        if name == b"BIG":
            size = int(rest[0])
            return b"$%d\r\n" % size + b"b" * size + b"\r\n"
        return b"-ERR unknown command\r\n"


@unittest.skipUnless((EXAMPLES / "async_fd_hiredis").exists(), "built without hiredis")
class AsyncFdHiredis(ProgramTest):
    def serve(self, send=lambda stream, data: stream.sendall(data), commands=None):
        """Answers `commands` commands (all, if None) on one connection, then closes it."""
        listener, port = self.listen()

        def run():
            store = Store()
            left = commands
            with self.accept(listener) as stream, stream.makefile("rb") as file:
                while left is None or left > 0:
                    words = read_command(file)
                    if words is None:
                        return
                    send(stream, store.answer(words))
                    left = None if left is None else left - 1

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join, LIMIT)
        return port

    def client(self, port):
        return self.start("async_fd_hiredis", "--port", port, stdin=subprocess.PIPE)

    def exchange(self, port, pairs):
        client = self.client(port)
        for command, answer in pairs:
            client.type(command + "\n")
            client.stdout.wait_for(answer)
        client.end_input()
        self.assertEqual(client.exit_code(), 0)

    def test_commands_are_answered(self):
        self.exchange(self.serve(), [
            ("PING", "PONG"), ("SET name edo", "OK"), ("GET name", "edo"), ("GET other", r"\(nil\)"),
            ("STRLEN name", r"\(integer\) 3"), ("KEYS *", r"\[name\]"),
            ("NONSENSE", r"\(error\) ERR unknown command")])

    def test_an_answer_may_come_in_pieces(self):
        def trickle(stream, data):
            for i in range(len(data)):
                stream.sendall(data[i:i + 1])

        self.exchange(self.serve(trickle), [("SET a 1", "OK"), ("GET a", "1"), ("PING", "PONG")])

    def test_large_values_go_both_ways(self):
        value = "v" * 1_000_000
        self.exchange(self.serve(), [
            ("SET large " + value[:60_000], "OK"), ("STRLEN large", r"\(integer\) 60000"),
            ("BIG 1000000", "b{1000000}"), ("PING", "PONG")])

    def test_a_server_that_leaves_is_an_error(self):
        port = self.serve(commands=1)
        client = self.client(port)
        client.type("PING\n")
        client.stdout.wait_for("PONG")
        client.type("PING\n")
        self.assertEqual(client.exit_code(), 1)
        self.assertIn(f"no answer from 127.0.0.1:{port}".encode(), client.stderr.text)

    def test_nobody_listening_is_an_error(self):
        client = self.client(self.free_port())
        client.type("PING\n")
        self.assertEqual(client.exit_code(), 1)
        self.assertIn(b"no answer from", client.stderr.text)


if __name__ == "__main__":
    unittest.main()
