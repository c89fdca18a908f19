# SPDX-License-Identifier: MIT
"""mini_redis_server and mini_redis_cli: with each other, with the programs of Redis, and with
Python sockets."""

import random
import re
import shutil
import socket
import subprocess
import threading
import time
import unittest

from harness import (LIMIT, Program, ProgramTest, has_sanitizer, receive_all, receive_exactly,
                     reset, wait_until)

BULK_LIMIT = 8 << 20


def encode(*words):
    """A command as bytes."""
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


class Client:
    """A connection to the server that speaks RESP2."""

    def __init__(self, stream):
        self.stream = stream
        self.file = stream.makefile("rb")

    def send(self, *words):
        self.stream.sendall(encode(*words))

    def reply(self):
        """The next reply: bytes (simple strings and errors with their type), int, None or list."""
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError(line)
        kind, rest = line[:1], line[1:-2]
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if rest == b"-1":
                return None
            data = self.file.read(int(rest) + 2)
            assert data.endswith(b"\r\n"), data[-10:]
            return data[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        assert kind in (b"+", b"-"), line
        return line[:-2]

    def ask(self, *words):
        self.send(*words)
        return self.reply()

    def is_at_end(self):
        return self.file.read(1) == b""

    def close(self):
        self.file.close()
        self.stream.close()


class RedisTest(ProgramTest):
    def start_server(self, *arguments, **options):
        server = self.start("mini_redis_server", "--port", 0, *arguments, **options)
        return server, server.listening_port()

    def client(self, port):
        client = Client(self.connect(port))
        self.addCleanup(client.close)
        return client

    def need(self, program):
        path = shutil.which(program)
        if path is None:
            self.skipTest(f"{program} is not installed")
        return path

    def wait_until_refused(self, port):
        """Until nothing listens there any more."""
        def is_refused():
            try:
                socket.create_connection(("127.0.0.1", port), timeout=LIMIT).close()
            except ConnectionRefusedError:
                return True
            except ConnectionResetError:
                pass  # the listener was closed just now
            return False

        wait_until(is_refused)

    def cli(self, port, *words, code=0, input=None):
        """What mini_redis_cli prints, as lines."""
        program, ended = self.run_program("mini_redis_cli", "--port", port, *words, input=input)
        self.assertEqual(ended, code, program.stderr.lines)
        self.assertEqual(program.stderr.text, b"")
        return program.stdout.lines


class Commands(RedisTest):
    def test_keys_and_values(self):
        _, port = self.start_server()
        client = self.client(port)
        for words, reply in (
                (["PING"], b"+PONG"), (["ping", "hi"], b"hi"), (["ECHO", "x y"], b"x y"),
                (["GET", "a"], None), (["SET", "a", "1"], b"+OK"), (["GET", "a"], b"1"),
                (["set", "b", b"\0\r\n\xff"], b"+OK"), (["get", "b"], b"\0\r\n\xff"),
                (["SET", "", ""], b"+OK"), (["GET", ""], b""),
                (["EXISTS", "a", "b", "c", "a"], 3), (["DEL", "a", "c", "b", "a"], 2),
                (["GET", "a"], None), (["EXISTS", "a"], 0), (["DEL", "a"], 0),
                (["INCR", "n"], 1), (["INCR", "n"], 2), (["GET", "n"], b"2"),
                (["SET", "n", "-1"], b"+OK"), (["INCR", "n"], 0),
                (["SET", "n", "1x"], b"+OK"),
                (["INCR", "n"], b"-ERR value is not an integer or out of range"),
                (["SET", "n", str(2**63 - 1)], b"+OK"),
                (["INCR", "n"], b"-ERR increment or decrement would overflow"),
                (["SET", "n", str(2**63)], b"+OK"),
                (["INCR", "n"], b"-ERR value is not an integer or out of range"),
                (["COMMAND"], []), (["COMMAND", "DOCS"], []), (["CONFIG", "GET", "save"], []),
                (["TTL", "none"], -2), (["PTTL", "none"], -2), (["TTL", ""], -1),
                (["PTTL", ""], -1), (["EXPIRE", "none", "10"], 0), (["PEXPIRE", "none", "10"], 0),
                (["PUBLISH", "nobody", "x"], 0)):
            with self.subTest(words=words):
                self.assertEqual(client.ask(*words), reply)

    def test_quit(self):
        _, port = self.start_server()
        client = self.client(port)
        client.stream.sendall(encode("QUIT") + encode("SET", "after", "quit"))
        self.assertEqual(client.reply(), b"+OK")
        self.assertTrue(client.is_at_end())
        self.assertEqual(self.client(port).ask("EXISTS", "after"), 0)

    def test_errors_leave_the_connection_open(self):
        _, port = self.start_server()
        client = self.client(port)
        for words, reply in (
                (["NOPE", "x"], b"-ERR unknown command 'NOPE'"),
                (["a\r\nb"], b"-ERR unknown command 'a  b'"),
                ([""], b"-ERR unknown command ''"),
                (["GET"], b"-ERR wrong number of arguments for 'GET'"),
                (["get", "a", "b"], b"-ERR wrong number of arguments for 'get'"),
                (["DEL"], b"-ERR wrong number of arguments for 'DEL'"),
                (["SET", "a", "1", "EX"], b"-ERR syntax error"),
                (["SET", "a", "1", "QX", "1"], b"-ERR syntax error"),
                (["SET", "a", "1", "EX", "1", "PX", "1"], b"-ERR syntax error"),
                (["SET", "a", "1", "EX", "x"], b"-ERR value is not an integer or out of range"),
                (["SET", "a", "1", "EX", "0"], b"-ERR invalid expire time in 'SET' command"),
                (["SET", "a", "1", "PX", "-1"], b"-ERR invalid expire time in 'SET' command"),
                (["SET", "a", "1", "EX", str(2**62)], b"-ERR invalid expire time in 'SET' command"),
                (["EXPIRE", "a", str(-2**62)], b"-ERR invalid expire time in 'EXPIRE' command"),
                (["PEXPIRE", "a", "1.5"], b"-ERR value is not an integer or out of range"),
                (["CONFIG", "SET", "a", "b"], b"-ERR CONFIG knows GET only"),
                (["EXISTS", "a"], 0)):
            with self.subTest(words=words):
                self.assertEqual(client.ask(*words), reply)

    def test_increments_of_many_clients_all_count(self):
        _, port = self.start_server()
        clients = [self.client(port) for _ in range(20)]
        for client in clients:
            client.stream.sendall(encode("INCR", "n") * 200)
        replies = [client.reply() for client in clients for _ in range(200)]
        self.assertEqual(sorted(replies), list(range(1, 4001)))


class Expiry(RedisTest):
    def test_times_to_live(self):
        _, port = self.start_server()
        client = self.client(port)
        self.assertEqual(client.ask("SET", "a", "1", "EX", "100"), b"+OK")
        self.assertEqual(client.ask("TTL", "a"), 100)
        self.assertIn(client.ask("PTTL", "a"), range(90_000, 100_001))
        self.assertEqual(client.ask("PEXPIRE", "a", "50600"), 1)
        self.assertIn(client.ask("TTL", "a"), (50, 51))
        self.assertEqual(client.ask("EXPIRE", "a", "3000000000"), 1)
        self.assertEqual(client.ask("TTL", "a"), 3_000_000_000)
        self.assertEqual(client.ask("SET", "n", "5", "ex", "100"), b"+OK")
        self.assertEqual(client.ask("INCR", "n"), 6)
        self.assertEqual(client.ask("TTL", "n"), 100)
        self.assertEqual(client.ask("SET", "a", "2"), b"+OK")
        self.assertEqual(client.ask("TTL", "a"), -1)
        for command, time_ in (("EXPIRE", "0"), ("PEXPIRE", "-5")):
            self.assertEqual(client.ask("SET", "a", "1"), b"+OK")
            self.assertEqual(client.ask(command, "a", time_), 1)
            self.assertEqual(client.ask("GET", "a"), None)

    def test_keys_are_gone_in_time_and_not_before(self):
        _, port = self.start_server()
        client = self.client(port)
        start = time.monotonic()
        for key, milliseconds in (("c", 900), ("a", 300), ("b", 600)):
            self.assertEqual(client.ask("SET", key, "1", "PX", milliseconds), b"+OK")
        sent = time.monotonic()
        for key, seconds in (("a", 0.3), ("b", 0.6), ("c", 0.9)):
            while client.ask("EXISTS", key):
                self.assertLess(time.monotonic() - sent, seconds + LIMIT)
                time.sleep(0.005)
            self.assertGreaterEqual(time.monotonic() - start, seconds)
        self.assertEqual(client.ask("EXISTS", "a", "b", "c"), 0)

    def test_a_key_with_a_new_time_outlives_the_old_one(self):
        _, port = self.start_server()
        client = self.client(port)
        client.ask("SET", "later", "1", "PX", "100")
        client.ask("SET", "never", "1", "PX", "100")
        client.ask("SET", "first", "1", "PX", "200")
        self.assertEqual(client.ask("PEXPIRE", "later", "100000"), 1)
        self.assertEqual(client.ask("SET", "never", "2"), b"+OK")
        wait_until(lambda: client.ask("EXISTS", "first") == 0)
        self.assertEqual(client.ask("EXISTS", "later", "never"), 2)

    def test_the_memory_of_what_nobody_asks_for_again_is_freed(self):
        server, port = self.start_server()
        client = self.client(port)
        value = b"x" * 100_000
        count = 500
        for round_ in range(8):
            client.stream.sendall(b"".join(
                encode("SET", f"{round_}:{i}", value, "PX", "50") for i in range(count)))
            for _ in range(count):
                self.assertEqual(client.reply(), b"+OK")
            wait_until(lambda: client.ask("EXISTS", f"{round_}:{count - 1}") == 0)
        if not has_sanitizer(server.name):  # which keeps freed memory for a while
            self.assert_memory_below(server, 200 << 20)  # of 400 MB
        # An idle server does nothing.
        used = server.cpu_seconds()
        time.sleep(0.5)
        self.assertLess(server.cpu_seconds() - used, 0.2)

    def test_many_keys_that_expire_at_once_hold_up_nobody(self):
        _, port = self.start_server()
        client = self.client(port)
        count = 20_000
        client.stream.sendall(b"".join(
            encode("SET", f"key:{i}", "x", "PX", "1000") for i in range(count)))
        for _ in range(count):
            self.assertEqual(client.reply(), b"+OK")
        wait_until(lambda: client.ask("EXISTS", f"key:{count - 1}") == 0)
        self.assertEqual(client.ask("EXISTS", *[f"key:{i}" for i in range(count)]), 0)


class Publishing(RedisTest):
    def test_messages_go_to_all_subscribers(self):
        _, port = self.start_server()
        first, second, publisher = (self.client(port) for _ in range(3))
        self.assertEqual(first.ask("SUBSCRIBE", "news"), [b"subscribe", b"news", 1])
        second.send("SUBSCRIBE", "news", "sport")
        self.assertEqual(second.reply(), [b"subscribe", b"news", 1])
        self.assertEqual(second.reply(), [b"subscribe", b"sport", 2])
        self.assertEqual(publisher.ask("PUBLISH", "news", b"\0 one"), 2)
        self.assertEqual(publisher.ask("PUBLISH", "sport", "two"), 1)
        self.assertEqual(publisher.ask("PUBLISH", "other", "three"), 0)
        self.assertEqual(first.reply(), [b"message", b"news", b"\0 one"])
        self.assertEqual(second.reply(), [b"message", b"news", b"\0 one"])
        self.assertEqual(second.reply(), [b"message", b"sport", b"two"])

    def test_subscribing_twice_counts_once(self):
        _, port = self.start_server()
        client, publisher = self.client(port), self.client(port)
        self.assertEqual(client.ask("SUBSCRIBE", "a"), [b"subscribe", b"a", 1])
        self.assertEqual(client.ask("SUBSCRIBE", "a"), [b"subscribe", b"a", 1])
        self.assertEqual(publisher.ask("PUBLISH", "a", "x"), 1)
        self.assertEqual(client.reply(), [b"message", b"a", b"x"])
        self.assertEqual(client.ask("PING"), [b"pong", b""])

    def test_subscribers_may_do_little_else(self):
        _, port = self.start_server()
        client = self.client(port)
        client.ask("SUBSCRIBE", "a")
        self.assertRegex(client.ask("GET", "x"), rb"^-ERR Can't execute 'GET': .*")
        self.assertEqual(client.ask("PING", "x"), [b"pong", b"x"])
        self.assertEqual(client.ask("UNSUBSCRIBE", "b"), [b"unsubscribe", b"b", 1])
        self.assertEqual(client.ask("UNSUBSCRIBE"), [b"unsubscribe", b"a", 0])
        self.assertEqual(client.ask("GET", "x"), None)
        self.assertEqual(client.ask("UNSUBSCRIBE"), [b"unsubscribe", None, 0])
        client.ask("SUBSCRIBE", "a")
        self.assertEqual(client.ask("QUIT"), b"+OK")
        self.assertTrue(client.is_at_end())

    def test_one_who_has_left_gets_nothing(self):
        _, port = self.start_server()
        publisher = self.client(port)
        for leave in (Client.close, lambda client: client.ask("UNSUBSCRIBE", "a"),
                      lambda client: reset(client.stream.dup())):
            client = self.client(port)
            client.ask("SUBSCRIBE", "a")
            self.assertEqual(publisher.ask("PUBLISH", "a", "x"), 1)
            self.assertEqual(client.reply(), [b"message", b"a", b"x"])
            if leave is Client.close:
                client.close()
            else:
                leave(client)
                client.close()
            wait_until(lambda: publisher.ask("PUBLISH", "a", "y") == 0)

    def test_messages_stay_in_order_and_before_the_end(self):
        _, port = self.start_server()
        subscribers = [self.client(port) for _ in range(5)]
        publishers = [self.client(port) for _ in range(4)]
        for client in subscribers:
            client.ask("SUBSCRIBE", "a")
        for number, client in enumerate(publishers):
            client.stream.sendall(b"".join(
                encode("PUBLISH", "a", f"{number} {i}") for i in range(500)))
        for client in publishers:
            for _ in range(500):
                self.assertEqual(client.reply(), 5)
        for client in subscribers:
            client.send("UNSUBSCRIBE", "a")
        seen = [[client.reply()[2] for _ in range(2000)] for client in subscribers]
        for client in subscribers:
            self.assertEqual(client.reply(), [b"unsubscribe", b"a", 0])
        for other in seen[1:]:
            self.assertEqual(other, seen[0])
        for number in range(4):
            own = [m for m in seen[0] if m.startswith(b"%d " % number)]
            self.assertEqual(own, [b"%d %d" % (number, i) for i in range(500)])

    def test_messages_that_wait_come_before_the_end(self):
        _, port = self.start_server()
        subscriber, publisher = self.client(port), self.client(port)
        subscriber.ask("SUBSCRIBE", "a")
        payload = b"x" * 1_000_000
        for _ in range(25):  # more than the buffers of the connection hold
            self.assertEqual(publisher.ask("PUBLISH", "a", payload), 1)
        subscriber.send("UNSUBSCRIBE")
        for _ in range(25):
            self.assertEqual(subscriber.reply(), [b"message", b"a", payload])
        self.assertEqual(subscriber.reply(), [b"unsubscribe", b"a", 0])

    def test_a_subscriber_that_does_not_read_is_dropped(self):
        server, port = self.start_server()
        slow, quick, publisher = (self.client(port) for _ in range(3))
        slow.ask("SUBSCRIBE", "a")
        quick.ask("SUBSCRIBE", "a")
        payload = b"x" * (1 << 20)
        for _ in range(200):
            if publisher.ask("PUBLISH", "a", payload) == 1:
                break
            self.assertEqual(quick.reply()[2], payload)
        else:
            self.fail("the slow one was kept")
        self.assertEqual(quick.reply()[2], payload)
        self.assert_memory_below(server, 200 << 20)
        self.assertEqual(publisher.ask("PING"), b"+PONG")


class Protocol(RedisTest):
    def test_pipelining(self):
        _, port = self.start_server()
        client = self.client(port)
        count = 10_000
        client.stream.sendall(b"".join(
            encode("SET", f"k{i}", i) + encode("GET", f"k{i}") for i in range(count)))
        for i in range(count):
            self.assertEqual(client.reply(), b"+OK")
            self.assertEqual(client.reply(), b"%d" % i)

    def test_replies_to_a_batch_come_at_once(self):
        _, port = self.start_server()
        client = self.client(port)
        client.stream.sendall(encode("PING") * 100)
        self.assertEqual(client.stream.recv(1 << 16), b"+PONG\r\n" * 100)

    def test_split_at_every_byte(self):
        _, port = self.start_server()
        stream = self.connect(port)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = (encode("SET", "key", b"a\r\nb") + b"PING\r\n" + encode("GET", "key") + b"\r\n" +
                encode() + encode("ECHO", "") + b"ECHO 'a b'\n")
        expected = b"+OK\r\n+PONG\r\n$4\r\na\r\nb\r\n$0\r\n\r\n$3\r\na b\r\n"
        for byte in data:
            stream.sendall(bytes([byte]))
        self.assertEqual(receive_exactly(stream, len(expected)), expected)
        for i in range(1, len(data)):
            stream.sendall(data[:i])
            if i % 8 == 0:
                time.sleep(0.002)  # so that it arrives in two pieces
            stream.sendall(data[i:])
            self.assertEqual(receive_exactly(stream, len(expected)), expected)

    def test_inline_commands(self):
        _, port = self.start_server()
        client = self.client(port)
        for line, reply in (
                (b"PING\r\n", b"+PONG"), (b"ping\n", b"+PONG"), (b"  SET  a   b \r\n", b"+OK"),
                (b"GET a\r\n", b"b"), (b'SET a "x y\\n\\x41\\"z"\r\n', b"+OK"),
                (b"GET a\n", b'x y\nA"z'), (b"SET a 'it\\'s'\n", b"+OK"), (b"get 'a'\n", b"it's"),
                (b"\r\n\n  \nECHO x\n", b"x")):
            with self.subTest(line=line):
                client.stream.sendall(line)
                self.assertEqual(client.reply(), reply)

    def assert_refuses(self, port, data, message):
        client = self.client(port)
        client.stream.sendall(encode("PING"))
        try:
            client.stream.sendall(data)
        except ConnectionError:
            pass  # it is cut off when it sends too much after the mistake
        self.assertEqual(client.reply(), b"+PONG")
        self.assertEqual(client.reply(), b"-ERR Protocol error: " + message)
        self.assertTrue(client.is_at_end())

    def test_mistakes_end_the_connection(self):
        _, port = self.start_server()
        other = self.client(port)
        for data, message in (
                (b"*x\r\n", b"invalid multibulk length"),
                (b"*x\r\n" + b"y" * 200_000, b"invalid multibulk length"),
                (b"*\r\n", b"invalid multibulk length"),
                (b"*65537\r\n", b"invalid multibulk length"),
                (b"*99999999999999999999\r\n", b"invalid multibulk length"),
                (b"*1\r\n*1\r\n$4\r\nPING\r\n", b"expected '$', got '*'"),
                (b"*1\r\n" * 1000, b"expected '$', got '*'"),
                (b"*1\r\n:1\r\n", b"expected '$', got ':'"),
                (b"*1\r\n\0", b"expected '$', got '?'"),
                (b"*1\r\n$-1\r\n", b"invalid bulk length"),
                (b"*1\r\n$x\r\n", b"invalid bulk length"),
                (b"*1\r\n$%d\r\n" % (BULK_LIMIT + 1), b"invalid bulk length"),
                (b"*1\r\n$%d\r\n" % (512 << 20), b"invalid bulk length"),
                (b"*1\r\n$4\r\nPINGxx", b"expected CRLF after a bulk string"),
                (b"*1\n$4\r\nPING\r\n", b"expected CRLF after a number"),
                (b"*" + b"1" * 100, b"too long a number"),
                (b"ECHO 'x\r\n", b"unbalanced quotes in request"),
                (b'ECHO "x"y\r\n', b"unbalanced quotes in request"),
                (b"x" * 65537, b"too big inline request"),
                (b"x" * 70_000 + b"\r\n", b"too big inline request")):
            with self.subTest(data=data[:30]):
                self.assert_refuses(port, data, message)
        self.assertEqual(other.ask("PING"), b"+PONG")

    def test_garbage_harms_nobody(self):
        seed = time.time_ns()
        print(f"seed {seed}")
        random_ = random.Random(seed)
        server, port = self.start_server()
        other = self.client(port)
        valid = encode("SET", "a", "1") + encode("GET", "a") + encode("PING")
        for _ in range(200):
            data = bytearray(random_.randbytes(100) if random_.random() < 0.3 else valid * 2)
            for _ in range(random_.randrange(4)):
                data[random_.randrange(len(data))] = random_.randrange(256)
            with self.connect(port) as stream:
                stream.sendall(data)
                stream.shutdown(socket.SHUT_WR)
                receive_all(stream)
        self.assertEqual(other.ask("PING"), b"+PONG")
        self.assertEqual(server.stderr.text, b"")

    def test_large_values(self):
        server, port = self.start_server()
        client = self.client(port)
        value = bytes(range(256)) * (BULK_LIMIT // 256)
        self.assertEqual(client.ask("SET", "a", value), b"+OK")
        for _ in range(3):
            self.assertEqual(client.ask("GET", "a"), value)
        # Announcing much costs nothing.
        streams = [self.connect(port) for _ in range(100)]
        for stream in streams:
            stream.sendall(b"*60000\r\n$%d\r\nstart" % BULK_LIMIT)
        self.assertEqual(client.ask("PING"), b"+PONG")
        self.assert_memory_below(server, 100 << 20)

    def test_a_command_must_not_be_too_large(self):
        _, port = self.start_server()
        value = b"x" * BULK_LIMIT
        self.assert_refuses(port, encode("DEL", *[value] * 9), b"too big request")

    def test_a_client_that_does_not_read_is_not_served_further(self):
        server, port = self.start_server()
        client = self.client(port)
        client.ask("SET", "a", b"x" * 1_000_000)
        client.stream.settimeout(1)
        with self.assertRaises(TimeoutError):
            while True:
                client.stream.sendall(encode("GET", "a") * 1000)
        self.assert_memory_below(server, 64 << 20)
        self.assertEqual(self.client(port).ask("PING"), b"+PONG")

    def test_an_end_within_a_command(self):
        _, port = self.start_server()
        stream = self.connect(port)
        stream.sendall(encode("PING") + b"*2\r\n$3\r\nGE")
        stream.shutdown(socket.SHUT_WR)
        self.assertEqual(receive_all(stream), b"+PONG\r\n")


class Server(RedisTest):
    def test_a_thousand_connections(self):
        server, port = self.start_server()
        clients = [self.connect(port) for _ in range(1000)]
        for number, stream in enumerate(clients):
            stream.sendall(encode("SET", f"key{number}", number) + encode("GET", f"key{number}"))
        for number, stream in enumerate(clients):
            text = str(number).encode()
            expected = b"+OK\r\n$%d\r\n%s\r\n" % (len(text), text)
            self.assertEqual(receive_exactly(stream, len(expected)), expected)
        self.assert_memory_below(server, 80 << 20)
        self.assert_ends_cleanly(server)
        for stream in clients:
            self.assertEqual(stream.recv(1), b"")

    def test_more_connections_than_allowed_wait(self):
        _, port = self.start_server("--max-connections", 2)
        first, second, third = (self.client(port) for _ in range(3))
        self.assertEqual(first.ask("PING"), b"+PONG")
        self.assertEqual(second.ask("PING"), b"+PONG")
        third.send("PING")
        third.stream.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            third.stream.recv(1)
        first.close()
        third.stream.settimeout(LIMIT)
        self.assertEqual(third.stream.recv(100), b"+PONG\r\n")

    def test_idle_connections_are_closed_at_the_end(self):
        for stop in (Program.interrupt, Program.terminate):
            server, port = self.start_server()
            idle, subscriber, started = (self.client(port) for _ in range(3))
            self.assertEqual(idle.ask("PING"), b"+PONG")
            subscriber.ask("SUBSCRIBE", "a")
            self.assertEqual(started.ask("PING"), b"+PONG")
            started.stream.sendall(b"*2\r\n$3\r\nGET")
            begin = time.monotonic()
            stop(server)
            for client in (idle, subscriber, started):
                self.assertTrue(client.is_at_end())
                client.close()
            self.assertEqual(server.exit_code(), 0)
            self.assertLess(time.monotonic() - begin, 5)
            self.assertEqual(server.stderr.text, b"")

    def test_commands_under_way_are_answered_at_the_end(self):
        server, port = self.start_server()
        client = self.client(port)
        size = 1_000_000
        client.ask("SET", "a", b"x" * size)
        # More than fits into the buffers of the connection: it is in the middle when it is told.
        count = 15
        client.stream.sendall(encode("GET", "a") * count)
        self.assertEqual(client.reply(), b"x" * size)
        server.interrupt()
        self.wait_until_refused(port)
        client.send("INCR", "n")  # arrives while earlier replies are being written
        for _ in range(count - 1):
            self.assertEqual(client.reply(), b"x" * size)
        self.assertEqual(client.reply(), 1)
        self.assertTrue(client.is_at_end())
        client.close()
        self.assertEqual(server.exit_code(), 0)
        self.assertEqual(server.stderr.text, b"")

    def test_shutdown_in_the_middle_of_traffic(self):
        """Each client gets whole replies in order, then the end."""
        server, port = self.start_server()
        received = {}

        def talk(number, stream):
            data = bytearray()
            batch = encode("INCR", f"n{number}") * 10
            try:
                while True:
                    stream.sendall(batch)
                    piece = stream.recv(1 << 16)
                    data += piece
                    if not piece:
                        break
            except ConnectionError:
                pass
            received[number] = bytes(data)

        streams = [self.connect(port) for _ in range(20)]
        threads = [threading.Thread(target=talk, args=pair) for pair in enumerate(streams)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        self.assert_ends_cleanly(server)
        for thread in threads:
            thread.join(LIMIT)
        self.assertEqual(len(received), 20)
        for data in received.values():
            self.assertGreater(len(data), 0)
            self.assertTrue(data.endswith(b"\r\n"))
            numbers = [int(line[1:]) for line in data.split(b"\r\n")[:-1]]
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)))

    def test_one_that_takes_nothing_is_cut_off(self):
        server, port = self.start_server("--shutdown-time", 300)
        client = self.client(port)
        client.ask("SET", "a", b"x" * 8_000_000)
        client.stream.sendall(encode("GET", "a") * 10)
        client.file.read(1)
        server.interrupt()
        self.assertEqual(server.exit_code(), 0)
        self.assertEqual(server.stderr.lines,
                         ["mini_redis_server: 1 connections were cut off"])

    def test_a_second_signal_ends_it_at_once(self):
        server, port = self.start_server("--shutdown-time", 3_600_000)
        client = self.client(port)
        client.ask("SET", "a", b"x" * 8_000_000)
        client.stream.sendall(encode("GET", "a") * 10)
        client.file.read(1)
        server.interrupt()
        self.wait_until_refused(port)
        server.interrupt()
        self.assertEqual(server.exit_code(), 0)

    def test_what_cannot_work_is_reported(self):
        _, port = self.start_server()
        self.assert_fails("mini_redis_server", "--port", port,
                          message=f"cannot listen on 127.0.0.1:{port}: Address already in use")
        self.assert_fails("mini_redis_server", "--host", "192.0.2.1", "--port", 0,
                          message=r".*192\.0\.2\.1:0: Cannot assign requested address")

    def test_options(self):
        self.assert_refuses_bad_options("mini_redis_server")
        program, code = self.run_program("mini_redis_server", "--max-connections", 0)
        self.assertEqual(code, 2)
        self.assertEqual(len(program.stderr.lines), 1)
        self.start_server("--workers", 3, "--host", "::1")


class Cli(RedisTest):
    def check_conversation(self, port):
        for words, lines in (
                (["PING"], ["PONG"]), (["SET", "a", "x y"], ["OK"]), (["GET", "a"], ['"x y"']),
                (["GET", "none"], ["(nil)"]), (["INCR", "n"], ["(integer) 1"]),
                (["SET", "big", "x" * 100_000], ["OK"]), (["GET", "big"], ['"' + "x" * 100_000 + '"']),
                (["ECHO", "\x1b[2J\u4e16"], ['"\u241b[2J\u4e16"'])):
            with self.subTest(words=words[:2]):
                self.assertEqual(self.cli(port, *words), lines)
        self.assertRegex(self.cli(port, "NOPE", code=1)[0], r"^\(error\) ERR unknown command .*")
        self.assertEqual(
            self.cli(port, input='SET b "1 2"\n\nget b\nCONFIG GET nothing\nTTL b\n'),
            ["OK", '"1 2"', "(empty array)", "(integer) -1"])

        subscriber = self.start("mini_redis_cli", "--port", port, "SUBSCRIBE", "news", "sport")
        subscriber.stdout.wait_for(r"3\) \(integer\) 2")
        self.assertEqual(self.cli(port, "PUBLISH", "news", "hello"), ["(integer) 1"])
        subscriber.stdout.wait_for(r'3\) "hello"')
        self.assertEqual(subscriber.stdout.lines[-3:], ['1) "message"', '2) "news"', '3) "hello"'])
        self.assert_ends_cleanly(subscriber)

    def test_with_our_server(self):
        _, port = self.start_server()
        self.check_conversation(port)

    def test_with_the_server_of_redis(self):
        path = self.need("redis-server")
        port = self.free_port()
        server = subprocess.Popen([path, "--port", str(port), "--save", "", "--appendonly", "no",
                                   "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)

        def is_there():
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return True
            except ConnectionRefusedError:
                return False

        wait_until(is_there)
        self.check_conversation(port)
        lines = self.cli(port, "COMMAND", "INFO", "GET")  # nested arrays
        self.assertEqual(lines[0], '1) 1) "get"')
        self.assertEqual(lines[1], "   2) (integer) 2")

    def test_answers_in_pieces_and_nonsense(self):
        for pieces, code, lines, message in (
                ([b"$5\r", b"\nhel", b"lo\r", b"\n"], 0, ['"hello"'], None),
                ([b"*2\r\n*1\r\n:1\r\n*0\r\n"], 0, ["1) 1) (integer) 1", "2) (empty array)"], None),
                ([b"*-1\r\n"], 0, ["(nil)"], None),
                ([b"-ERR a\r\n"], 1, ["(error) ERR a"], None),
                ([b"hello\r\n"], 1, [], "the server sends what is not RESP2"),
                ([b":x\r\n"], 1, [], "the server sends what is not RESP2"),
                ([b"$1\r\nabc"], 1, [], "the server sends what is not RESP2"),
                ([b"$-2\r\n"], 1, [], "the server sends what is not RESP2"),
                ([b"*1\r\n" * 100], 1, [], ".*limit.*"),
                ([b"$99999999999\r\n"], 1, [], ".*limit.*"),
                ([b"+" + b"x" * 70_000], 1, [], ".*limit.*"),
                ([b"$5\r\nhel"], 1, [], "stream ended|.*end.*|.*closed.*"),
                ([], 1, [], "the server has closed the connection")):
            with self.subTest(pieces=pieces):
                listener, port = self.listen()
                client = self.start("mini_redis_cli", "--port", port, "GET", "a")
                stream = self.accept(listener)
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                expected = encode("GET", "a")
                self.assertEqual(receive_exactly(stream, len(expected)), expected)
                for piece in pieces:
                    stream.sendall(piece)
                    time.sleep(0.01)
                stream.shutdown(socket.SHUT_WR)
                self.assertEqual(client.exit_code(), code)
                self.assertEqual(client.stdout.lines, lines)
                if message is None:
                    self.assertEqual(client.stderr.text, b"")
                else:
                    self.assertRegex(client.stderr.lines[0], f"^mini_redis_cli: ({message})$")

    def test_what_cannot_work_is_reported(self):
        port = self.free_port()
        self.assert_fails("mini_redis_cli", "--port", port, "PING",
                          message=rf"cannot connect to 127\.0\.0\.1:{port}: Connection refused.*")

    def test_options(self):
        program, code = self.run_program("mini_redis_cli", "--help")
        self.assertEqual(code, 0)
        self.assertRegex(program.stdout.lines[0], "^usage: mini_redis_cli ")
        for arguments in (["--nope"], ["--port"], ["--port", "x", "PING"]):
            program, code = self.run_program("mini_redis_cli", *arguments)
            self.assertEqual(code, 2)
            self.assertEqual(len(program.stderr.lines), 1)

    def test_unbalanced_quotes(self):
        _, port = self.start_server()
        program, code = self.run_program("mini_redis_cli", "--port", port, input='ECHO "x\nPING\n')
        self.assertEqual(code, 0)
        self.assertEqual(program.stdout.lines, ["PONG"])
        self.assertEqual(program.stderr.lines, ["mini_redis_cli: the quotes are not balanced"])


class ProgramsOfRedis(RedisTest):
    def redis_cli(self, port, *words, **options):
        return self.run_peer("redis-cli", "-p", port, *words, **options).stdout.decode()

    def test_redis_cli(self):
        self.need("redis-cli")
        _, port = self.start_server()
        for words, output in (
                (["PING"], "PONG\n"), (["SET", "a", "1", "EX", "100"], "OK\n"),
                (["GET", "a"], "1\n"), (["TTL", "a"], "100\n"), (["INCR", "a"], "2\n"),
                (["EXISTS", "a", "b"], "1\n"), (["DEL", "a"], "1\n"), (["GET", "a"], "\n"),
                (["ECHO", "x"], "x\n"), (["PUBLISH", "a", "b"], "0\n"), (["QUIT"], "OK\n")):
            with self.subTest(words=words):
                self.assertEqual(self.redis_cli(port, *words), output)
        self.assertEqual(self.redis_cli(port, input=b"SET a b\nGET a\n"), "OK\nb\n")
        self.assertIn("ERR unknown command", self.redis_cli(port, "NOPE"))
        # A mass of commands as bytes, with a check of the replies.
        mass = self.redis_cli(port, "--pipe", input=encode("SET", "k", "v") * 5000)
        self.assertIn("errors: 0, replies: 5000", mass)

    def test_redis_cli_subscribes(self):
        path = self.need("redis-cli")
        _, port = self.start_server()
        peer = subprocess.Popen([path, "-p", str(port), "SUBSCRIBE", "a"], stdout=subprocess.PIPE)
        self.addCleanup(peer.wait)
        self.addCleanup(peer.stdout.close)
        self.addCleanup(peer.kill)
        publisher = self.client(port)
        wait_until(lambda: publisher.ask("PUBLISH", "a", "hello") == 1)
        lines = [peer.stdout.readline() for _ in range(6)]
        self.assertEqual(lines, [b"subscribe\n", b"a\n", b"1\n", b"message\n", b"a\n", b"hello\n"])

    def test_redis_benchmark(self):
        self.need("redis-benchmark")
        _, port = self.start_server()
        for depth in (1, 16):
            done = self.run_peer("redis-benchmark", "-p", port, "-t", "ping,set,get,incr", "-n",
                                 4000, "-c", 50, "-P", depth, "-q", "-r", 100)
            output = done.stdout.decode()
            self.assertEqual(done.returncode, 0, output)
            for name in ("PING_INLINE", "PING_MBULK", "SET", "GET", "INCR"):
                self.assertRegex(output, rf"{name}: [\d.]+ requests per second")
            self.assertIsNone(re.search("error", output, re.IGNORECASE), output)


if __name__ == "__main__":
    unittest.main()
