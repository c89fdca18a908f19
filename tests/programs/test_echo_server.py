# SPDX-License-Identifier: MIT
"""echo_server, with Python sockets, nc and socat as clients."""

import os
import re
import signal
import socket
import threading
import time
import unittest

from harness import LIMIT, Program, ProgramTest, receive_all, receive_exactly, reset, wait_until


def name_of(stream):
    host, port = stream.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class EchoServer(ProgramTest):
    def start_server(self, *arguments, **options):
        server = self.start("echo_server", "--port", 0, *arguments, **options)
        return server, server.listening_port()

    def assert_echoes(self, stream, data):
        stream.sendall(data)
        self.assertEqual(receive_exactly(stream, len(data)), data)

    def exchange(self, stream, data):
        """Sends all, ends the stream, and returns all that comes back meanwhile."""
        def send():
            stream.sendall(data)
            stream.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        received = receive_all(stream)
        sender.join()
        return received

    # ---- what it prints --------------------------------------------------------------------------

    def test_prints_what_happens(self):
        server, port = self.start_server()
        self.assertEqual(server.stdout.lines, [f"TCP Echo Server listening on 127.0.0.1:{port}"])
        client = self.connect(port)
        name = name_of(client)
        server.stdout.wait_for(f"Handling connection from: {name}")
        self.assert_echoes(client, b"Hello, Rust TCP!")
        server.stdout.wait_for(f"Received 16 bytes from {name}: Hello, Rust TCP!")
        client.close()
        server.stdout.wait_for(f"Client {name} disconnected.")
        self.assertEqual(len(server.stdout.lines), 4)
        self.assert_ends_cleanly(server)

    def test_the_default_port_is_7878(self):
        program, code = self.run_program("echo_server", "--help")
        self.assertEqual(code, 0)
        self.assertIn("default 7878", program.stdout.text.decode())

    def test_prints_every_message_as_one_line_that_is_safe_to_show(self):
        server, port = self.start_server()
        client = self.connect(port)
        for sent, shown in (
                (b"hello\n", "hello"),
                (b"hello\r\n", "hello"),
                (b"\n", ""),
                ("gr\u00fc\u00df dich, \u4e16\u754c \U0001f600\tok".encode(), "gr\u00fc\u00df dich, \u4e16\u754c \U0001f600\tok"),
                (b"a\nb\n", "a\u240ab"),
                (b"\x1b[31mred\x07\x7f\x00", "\u241b[31mred\u2407\u2421\u2400"),
                ("\u009b31m".encode(), "\ufffd31m"),
                (b"a\xffb", "a\ufffdb"),
                (b"\xc0\xaf\xed\xa0\x80", "\ufffd" * 5),
                (b"\xf0\x9f\x98|\xe4\xb8", "\ufffd|\ufffd"),
                (b"\xf4\x90\x80\x80", "\ufffd" * 4)):
            with self.subTest(sent=sent):
                self.assert_echoes(client, sent)
                server.stdout.wait_for(re.escape(
                    f"Received {len(sent)} bytes from {name_of(client)}: {shown}"))

    # ---- what it echoes --------------------------------------------------------------------------

    def test_echoes_ten_megabytes_of_binary(self):
        _, port = self.start_server()
        data = os.urandom(10 << 20)
        self.assertEqual(self.exchange(self.connect(port), data), data)

    def test_the_asio_reactor_echoes_as_well(self):
        _, port = self.start_server(env={"EDO_REACTOR": "asio"})
        data = os.urandom(1 << 20)
        self.assertEqual(self.exchange(self.connect(port), data), data)

    def test_echoes_single_bytes(self):
        _, port = self.start_server()
        client = self.connect(port)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in range(256):
            self.assert_echoes(client, bytes([byte]))

    def test_answers_in_full_after_a_half_close(self):
        _, port = self.start_server()
        client = self.connect(port)
        client.sendall(b"last words")
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(receive_all(client), b"last words")

    def test_nc_and_socat_get_their_echo(self):
        _, port = self.start_server()
        for command in (["nc", "-N", "127.0.0.1", port],
                        ["socat", "-t", LIMIT, "-", f"TCP:127.0.0.1:{port}"]):
            with self.subTest(command=command[0]):
                peer = self.run_peer(*command, input=b"from outside\n")
                self.assertEqual(peer.stdout, b"from outside\n")

    def test_listens_on_ipv6_and_on_names(self):
        for host in ("::1", "[::1]", "localhost"):
            with self.subTest(host=host):
                server, port = self.start_server("--host", host)
                address = "127.0.0.1" if "127.0.0.1" in server.stdout.lines[0] else "::1"
                self.assert_echoes(self.connect(port, address), b"hello")

    # ---- many clients ----------------------------------------------------------------------------

    def test_serves_two_hundred_connections_at_once(self):
        for workers in (1, 4):
            with self.subTest(workers=workers):
                server, port = self.start_server("--workers", workers)
                clients = [self.connect(port) for _ in range(200)]
                for number, client in enumerate(clients):
                    client.sendall(f"client {number}".encode())
                for number, client in reversed(list(enumerate(clients))):
                    expected = f"client {number}".encode()
                    self.assertEqual(receive_exactly(client, len(expected)), expected)
                for client in clients:
                    client.close()
                server.stdout.wait_for("Client .* disconnected.", count=200)
                self.assert_ends_cleanly(server)

    def test_a_slow_connection_delays_no_other(self):
        """One worker, and a pause after each message that is longer than the test may take."""
        _, port = self.start_server("--workers", 1, "--delay", 2 * LIMIT * 1000)
        slow = self.connect(port)
        self.assert_echoes(slow, b"first")
        slow.sendall(b"second")
        for _ in range(20):
            self.assert_echoes(self.connect(port), b"another")
        slow.settimeout(0.1)
        self.assertRaises(TimeoutError, slow.recv, 1)

    def test_the_delay_comes_after_each_message(self):
        _, port = self.start_server("--delay", 300)
        client = self.connect(port)
        start = time.monotonic()
        self.assert_echoes(client, b"one")
        self.assert_echoes(client, b"two")
        self.assert_echoes(client, b"three")
        self.assertGreaterEqual(time.monotonic() - start, 0.6)

    def test_a_client_that_does_not_read_is_the_only_one_that_waits(self):
        server, port = self.start_server("--workers", 1)
        deaf = self.connect(port)
        deaf.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            while deaf.send(bytes(1 << 20)):
                self.assert_echoes(self.connect(port), b"and the others?")
        self.assert_memory_below(server, 32 << 20)
        self.assert_echoes(self.connect(port), b"hello")
        self.assert_ends_cleanly(server)

    # ---- clients that misbehave ------------------------------------------------------------------

    def test_a_reset_ends_only_that_connection(self):
        server, port = self.start_server()
        other = self.connect(port)
        for _ in range(20):
            client = self.connect(port)
            client.sendall(bytes(100_000))
            client.recv(1)
            reset(client)
        server.stdout.wait_for("Client .* disconnected.", count=20)
        self.assert_echoes(other, b"still there")
        self.assert_ends_cleanly(server)

    def test_connections_that_end_at_once_leave_nothing_behind(self):
        server, port = self.start_server()
        before = server.open_files()
        for number in range(300):
            stream = self.connect(port)
            if number % 2:
                reset(stream)
            else:
                stream.close()
        wait_until(lambda: server.open_files() == before)
        self.assert_echoes(self.connect(port), b"hello")

    def test_waits_for_descriptors_without_spinning(self):
        self.skip_if_descriptors_must_not_run_out("echo_server")
        server, port = self.start_server(open_files=32)
        clients = [self.connect(port) for _ in range(60)]
        wait_until(lambda: server.open_files() == 32)
        self.assert_echoes(clients[0], b"those who are in are served")

        used = server.cpu_seconds()
        start = time.monotonic()
        while time.monotonic() - start < 2:
            self.assert_echoes(clients[0], b"all the time")
            time.sleep(0.05)
        self.assertLess(server.cpu_seconds() - used, 0.5)
        self.assertLessEqual(len(server.stderr.lines), 5)

        for client in clients[:50]:
            client.close()
        for client in clients[50:]:
            self.assert_echoes(client, b"those who waited are served, too")
        self.assert_ends_cleanly(server)

    # ---- its end ---------------------------------------------------------------------------------

    def test_signals_end_it_cleanly(self):
        for stop in (Program.interrupt, Program.terminate):
            with self.subTest(stop=stop.__name__):
                server, port = self.start_server()
                clients = [self.connect(port) for _ in range(10)]
                for client in clients:
                    self.assert_echoes(client, b"hello")
                server.stdout.wait_for("Received .*", count=10)
                lines = server.stdout.lines
                self.assert_ends_cleanly(server, stop)
                self.assertEqual(server.stdout.lines, lines)
                for client in clients:
                    self.assertEqual(receive_all(client), b"")

    def test_signals_end_it_under_load(self):
        server, port = self.start_server()
        stop = threading.Event()

        def hammer():
            while not stop.is_set():
                try:
                    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as stream:
                        while not stop.is_set() and stream.send(b"x" * 1000):
                            if not stream.recv(1000):
                                break
                except OSError:
                    pass

        threads = [threading.Thread(target=hammer) for _ in range(8)]
        for thread in threads:
            thread.start()
        server.stdout.wait_for("Received .*", count=500)
        server.interrupt()
        self.assertEqual(server.exit_code(), 0)
        stop.set()
        for thread in threads:
            thread.join()

    def test_a_burst_of_signals_ends_it_once(self):
        server, _ = self.start_server()
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGTERM)
        self.assertIn(server.exit_code(), (0, -signal.SIGTERM))  # the second may come after the end

    def test_the_port_is_free_again_at_once(self):
        server, port = self.start_server()
        client = self.connect(port)
        self.assert_echoes(client, b"hello")
        server.process.kill()
        server.process.wait()
        server = self.start("echo_server", "--port", port)
        self.assertEqual(server.listening_port(), port)

    # ---- what cannot work ------------------------------------------------------------------------

    def test_a_port_in_use_is_reported(self):
        _, port = self.start_server()
        self.assert_fails("echo_server", "--port", port,
                          message=f"cannot listen on 127.0.0.1:{port}: Address already in use")

    def test_addresses_that_cannot_be_used_are_reported(self):
        self.assert_fails("echo_server", "--host", "192.0.2.1", "--port", 0,
                          message=r".*192\.0\.2\.1:0: Cannot assign requested address")
        for host in ("no.such.host.invalid", "999.1.1.1", "", "::1::2"):
            with self.subTest(host=host):
                self.assert_fails("echo_server", "--host", host, message=".*:7878.*")

    def test_a_process_without_free_descriptors_is_reported(self):
        self.skip_if_descriptors_must_not_run_out("echo_server")
        self.assert_fails("echo_server", open_files=4, message=".*: Too many open files")

    def test_options(self):
        self.assert_refuses_bad_options("echo_server")

    def test_closed_standard_streams_do_not_end_up_in_a_socket(self):
        port = self.free_port()
        server = self.start("echo_server", "--port", port,
                            preexec_fn=lambda: [os.close(fd) for fd in (0, 1, 2)])
        wait_until(lambda: self.run_peer("nc", "-z", "127.0.0.1", port).returncode == 0)
        clients = [self.connect(port) for _ in range(3)]
        for client in clients:
            self.assert_echoes(client, b"only the echo")
        server.interrupt()
        self.assertEqual(server.exit_code(), 0)
        for client in clients:
            self.assertEqual(receive_all(client), b"")


if __name__ == "__main__":
    unittest.main()
