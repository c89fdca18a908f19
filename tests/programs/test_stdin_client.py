# SPDX-License-Identifier: MIT
"""stdin_client, with a terminal, a pipe and a file as standard input."""

import fcntl
import os
import pty
import select
import subprocess
import tempfile
import unittest

from harness import EXAMPLES, LIMIT, Program, ProgramTest, receive_all, receive_exactly, reset


class StdinClient(ProgramTest):
    def start_client(self, stdin=subprocess.PIPE):
        """A running client, and the server's end of its connection."""
        listener, port = self.listen()
        client = self.start("stdin_client", "--port", port, stdin=stdin)
        stream = self.accept(listener)
        client.stdout.wait_for(f"Connected to 127.0.0.1:{port}")
        return client, stream, port

    def assert_received(self, stream, text):
        data = text.encode()
        self.assertEqual(receive_exactly(stream, len(data)), data)

    def finish(self, client, stream):
        """It has ended the stream: ends the other direction, and expects success."""
        rest = receive_all(stream)
        stream.close()
        self.assertEqual(client.exit_code(), 0)
        self.assertEqual(client.stderr.text, b"")
        return rest

    # ---- input -----------------------------------------------------------------------------------

    def test_sends_each_line_when_it_is_typed(self):
        client, stream, _ = self.start_client()
        for line in ("hello\n", "\n", "stra\u00dfe \U0001f600\n", "exit now\n", " exit\n", "EXIT\n"):
            client.type(line)
            self.assert_received(stream, line)
        client.type("exit\n")
        self.assertEqual(self.finish(client, stream), b"")

    def test_exit_and_the_end_of_input_end_it(self):
        for typed, sent in (("exit\n", b""), ("exit\r\n", b""), ("exit", b""), ("", b""),
                            ("one\nexit\ntwo\n", b"one\n"), ("one\ntwo", b"one\ntwo"),
                            ("one\r\n", b"one\r\n")):
            with self.subTest(typed=typed):
                client, stream, _ = self.start_client()
                client.type(typed)
                client.end_input()
                self.assertEqual(self.finish(client, stream), sent)

    def test_exit_ends_it_while_input_stays_open(self):
        client, stream, _ = self.start_client()
        client.type("exit\n")
        self.assertEqual(self.finish(client, stream), b"")

    def test_sends_a_file(self):
        data = b"".join(b"line %d\xff\x00\n" % number for number in range(200_000))
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.seek(0)
            client, stream, _ = self.start_client(stdin=file)
        self.assertEqual(self.finish(client, stream), data)

    def test_reads_from_dev_null_and_from_nowhere(self):
        client, stream, _ = self.start_client(stdin=subprocess.DEVNULL)
        self.assertEqual(self.finish(client, stream), b"")

        listener, port = self.listen()
        client = self.start("stdin_client", "--port", port, preexec_fn=lambda: os.close(0))
        self.assertEqual(self.finish(client, self.accept(listener)), b"")

    def test_input_that_cannot_be_read_is_reported(self):
        listener, port = self.listen()
        with open("/proc/self/mem", "rb") as unreadable:
            self.assert_fails("stdin_client", "--port", port, stdin=unreadable,
                              message="cannot read standard input: .*")
        self.accept(listener)

    def test_a_line_without_end_is_refused(self):
        listener, port = self.listen()
        client = self.start("stdin_client", "--port", port, stdin=subprocess.PIPE)
        self.accept(listener)
        try:
            client.type(b"x" * (2 << 20))
        except BrokenPipeError:
            pass
        self.assertEqual(client.exit_code(), 1)
        self.assertRegex(client.stderr.lines[0], "cannot read standard input: longer than the limit")

    # ---- a terminal ------------------------------------------------------------------------------

    def open_terminal(self):
        keyboard, terminal = pty.openpty()
        self.addCleanup(os.close, keyboard)
        self.addCleanup(os.close, terminal)
        return keyboard, terminal

    def assert_terminal_is_as_before(self, terminal):
        self.assertEqual(fcntl.fcntl(terminal, fcntl.F_GETFL) & os.O_NONBLOCK, 0)

    def test_reads_from_a_terminal_and_leaves_its_mode_alone(self):
        keyboard, terminal = self.open_terminal()
        client, stream, _ = self.start_client(stdin=terminal)
        os.write(keyboard, b"hello\n")
        self.assert_received(stream, "hello\n")
        self.assert_terminal_is_as_before(terminal)
        os.write(keyboard, b"exit\n")
        self.finish(client, stream)
        self.assert_terminal_is_as_before(terminal)

    def test_ctrl_d_on_a_terminal_ends_it(self):
        keyboard, terminal = self.open_terminal()
        client, stream, _ = self.start_client(stdin=terminal)
        os.write(keyboard, b"hello\n\x04")
        self.assertEqual(self.finish(client, stream), b"hello\n")
        self.assert_terminal_is_as_before(terminal)

    def test_a_server_that_goes_away_is_noticed_while_nobody_types(self):
        for how in ("close", "reset", "half-close"):
            with self.subTest(how=how):
                _, terminal = self.open_terminal()
                client, stream, port = self.start_client(stdin=terminal)
                {"close": stream.close, "reset": lambda: reset(stream),
                 "half-close": lambda: stream.shutdown(1)}[how]()
                self.assertEqual(client.exit_code(), 1)
                self.assertEqual(client.stderr.lines,
                                 [f"stdin_client: 127.0.0.1:{port} has closed the connection"])
                self.assert_terminal_is_as_before(terminal)

    def test_a_server_that_goes_away_leaves_the_keyboard_to_the_next_program(self):
        """What is typed later goes to whoever reads the terminal then."""
        keyboard, terminal = self.open_terminal()
        client, stream, _ = self.start_client(stdin=terminal)
        stream.close()
        self.assertEqual(client.exit_code(), 1)
        os.write(keyboard, b"for the shell\n")
        self.assertTrue(select.select([terminal], [], [], LIMIT)[0])
        self.assertEqual(os.read(terminal, 100), b"for the shell\n")

    def test_signals_end_it_while_nobody_types(self):
        for stop in (Program.interrupt, Program.terminate):
            _, terminal = self.open_terminal()
            client, _, _ = self.start_client(stdin=terminal)
            self.assert_ends_cleanly(client, stop)
            self.assert_terminal_is_as_before(terminal)

    def test_works_inside_socat_with_a_terminal_of_its_own(self):
        """Ctrl-C on a real controlling terminal reaches the program as a signal."""
        listener, port = self.listen()
        socat = subprocess.Popen(
            ["socat", "-", f"EXEC:{EXAMPLES}/stdin_client --port {port},pty,setsid,ctty,echo=0"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(socat.stdout.close)
        self.addCleanup(socat.stdin.close)
        self.addCleanup(socat.wait)
        self.addCleanup(socat.kill)
        stream = self.accept(listener)
        socat.stdin.write(b"typed\n")
        socat.stdin.flush()
        self.assert_received(stream, "typed\n")
        socat.stdin.write(b"\x03")
        socat.stdin.flush()
        self.assertEqual(receive_all(stream), b"")
        self.assertEqual(socat.wait(LIMIT), 0)

    # ---- the server ------------------------------------------------------------------------------

    def test_a_server_that_answers_gets_everything(self):
        """Closing with unread answers would reset the connection and lose lines."""
        client, stream, _ = self.start_client()
        stream.sendall(bytes(200_000))
        client.type("one\ntwo\nexit\n")
        self.assertEqual(self.finish(client, stream), b"one\ntwo\n")

    def test_a_server_that_does_not_close_is_not_waited_for_long(self):
        client, _, _ = self.start_client()
        client.type("exit\n")
        self.assertEqual(client.exit_code(), 0)

    def test_a_server_that_does_not_read_can_be_interrupted(self):
        client, _, _ = self.start_client()
        os.set_blocking(client.process.stdin.fileno(), False)
        sent = 0
        while sent < (64 << 20):
            _, writable, _ = select.select([], [client.process.stdin], [], 0.5)
            if not writable:
                break
            sent += client.process.stdin.write(b"a line of text\n" * 1000) or 0
        self.assert_memory_below(client, 32 << 20)
        self.assert_ends_cleanly(client)

    def test_talks_to_line_server_and_echo_server(self):
        for name in ("line_server", "echo_server"):
            server = self.start(name, "--port", 0)
            port = server.listening_port()
            client, code = self.run_program("stdin_client", "--port", port, input="a\nb\nexit\n")
            self.assertEqual((code, client.stderr.text), (0, b""))
            server.stdout.wait_for("b" if name == "line_server" else "Client .* disconnected.")

    def test_a_refused_connection_is_reported(self):
        port = self.free_port()
        self.assert_fails("stdin_client", "--port", port,
                          message=f"cannot connect to 127.0.0.1:{port}: Connection refused")

    def test_bad_addresses_are_reported(self):
        for host in ("no.such.host.invalid", "256.0.0.1", ""):
            self.assert_fails("stdin_client", "--host", host, message=".*:7878.*")

    def test_options(self):
        self.assert_refuses_bad_options("stdin_client")


if __name__ == "__main__":
    unittest.main()
