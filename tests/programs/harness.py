# SPDX-License-Identifier: MIT
"""Runs example programs for tests: starts them, waits for what they print, and ends them.

Nothing here sleeps for a fixed time. Whatever is waited for must come within LIMIT seconds.
"""

import contextlib
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest
from pathlib import Path

LIMIT = 20

EXAMPLES = Path(os.environ.get("EDO_EXAMPLES_DIR") or
                Path(__file__).resolve().parents[2] / "build" / "release" / "examples")


def has_sanitizer(name):
    """Whether a program was built with the address or thread sanitizer, which take memory."""
    binary = (EXAMPLES / name).read_bytes()
    return b"__asan_init" in binary or b"__tsan_init" in binary


class Output:
    """What one output stream of a program has printed so far."""

    def __init__(self, pipe):
        self._bytes = bytearray()
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self._thread.start()

    def _read(self, pipe):
        with pipe:
            while piece := os.read(pipe.fileno(), 65536):
                with self._changed:
                    self._bytes += piece
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def text(self):
        return bytes(self._bytes)

    @property
    def lines(self):
        """The complete lines. Fails if they are not UTF-8."""
        text = self.text
        return text[: text.rfind(b"\n") + 1].decode().split("\n")[:-1]

    def wait_for(self, pattern, count=1):
        """The match of the `count`-th line that the pattern matches from end to end."""
        deadline = time.monotonic() + LIMIT
        seen = 0
        with self._changed:
            while True:
                complete = self._bytes.rfind(b"\n") + 1
                for line in self._bytes[seen:complete].decode().split("\n")[:-1]:
                    if match := re.fullmatch(pattern, line):
                        count -= 1
                        if count == 0:
                            return match
                seen = complete
                if self._ended or not self._changed.wait(deadline - time.monotonic()):
                    raise AssertionError(f"no line matches {pattern!r} in {self.lines[-20:]}")

    def join(self):
        """Waits for the end of the stream."""
        self._thread.join(LIMIT)
        if self._thread.is_alive():
            raise AssertionError("the output does not end")


class Program:
    """A running example."""

    def __init__(self, name, *arguments, stdin=subprocess.DEVNULL, open_files=None, **options):
        def limit_open_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))

        if open_files is not None:
            options["preexec_fn"] = limit_open_files
        self.name = name
        self.process = subprocess.Popen(
            [EXAMPLES / name, *map(str, arguments)],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, **options)
        self.stdout = Output(self.process.stdout)
        self.stderr = Output(self.process.stderr)

    def listening_port(self):
        return int(self.stdout.wait_for(r".* listening on .*:(\d+)")[1])

    def type(self, text):
        """Writes to the program's standard input, which must be a pipe."""
        self.process.stdin.write(text.encode() if isinstance(text, str) else text)

    def end_input(self):
        self.process.stdin.close()

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self):
        """Waits for the program to end by itself, and for all of its output."""
        try:
            code = self.process.wait(LIMIT)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{self.name} does not end; it printed {self.stdout.lines[-20:]} "
                                 f"and {self.stderr.lines[-20:]}") from error
        self.stdout.join()
        self.stderr.join()
        return code

    def cpu_seconds(self):
        """The processor time it has used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_bytes(self):
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def kill(self):
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()


class ProgramTest(unittest.TestCase):
    """A test that starts programs and opens sockets, all of which are gone when it ends."""

    def start(self, name, *arguments, **options):
        program = Program(name, *arguments, **options)
        self.addCleanup(program.kill)
        return program

    def run_program(self, name, *arguments, input=None, **options):
        """Runs a program to its end; yields it with its exit code."""
        program = self.start(name, *arguments,
                             **({} if input is None else {"stdin": subprocess.PIPE}), **options)
        if input is not None:
            with contextlib.suppress(BrokenPipeError):
                program.type(input)
            program.end_input()
        return program, program.exit_code()

    def run_peer(self, *command, **options):
        """Runs a program that is not ours, for example nc, to its end."""
        return subprocess.run([str(word) for word in command], check=False, capture_output=True,
                              timeout=LIMIT, **options)

    def skip_if_descriptors_must_not_run_out(self, name):
        """One check of the undefined-behaviour sanitizer reports falsely when it gets none."""
        if b"__ubsan_handle_dynamic_type_cache_miss" in (EXAMPLES / name).read_bytes():
            self.skipTest("the sanitizer needs descriptors of its own")

    def assert_memory_below(self, program, limit):
        """Sanitizers need a multiple of the memory."""
        factor = 8 if has_sanitizer(program.name) else 1
        self.assertLess(program.resident_bytes(), factor * limit)

    def connect(self, port, host="127.0.0.1"):
        stream = socket.create_connection((host, port), timeout=LIMIT)
        self.addCleanup(stream.close)
        return stream

    def listen(self):
        """A listening socket of the test itself, and its port."""
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(LIMIT)
        self.addCleanup(listener.close)
        return listener, listener.getsockname()[1]

    def accept(self, listener):
        stream, _ = listener.accept()
        stream.settimeout(LIMIT)
        self.addCleanup(stream.close)
        return stream

    def udp_socket(self, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        endpoint = socket.socket(family, socket.SOCK_DGRAM)
        self.addCleanup(endpoint.close)
        endpoint.bind((host, 0))
        endpoint.settimeout(LIMIT)
        return endpoint

    def free_port(self, kind=socket.SOCK_STREAM):
        """A port that was free a moment ago, to which nothing is bound."""
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def assert_ends_cleanly(self, program, stop=Program.interrupt):
        """Ctrl-C ends it with 0, and it has nothing to say about that."""
        said = program.stderr.text
        stop(program)
        self.assertEqual(program.exit_code(), 0)
        self.assertEqual(program.stderr.text, said)

    def assert_refuses_bad_options(self, name):
        """--help, and what every program says to options that it cannot understand."""
        program, code = self.run_program(name, "--help")
        self.assertEqual(code, 0)
        self.assertRegex(program.stdout.lines[0], rf"usage: {name} .*")
        self.assertEqual(program.stderr.text, b"")

        for arguments in (["--no-such-option"], ["positional"], ["--port", "65536"],
                          ["--port", "1x"], ["--port", "-1"], ["--port"], ["--port="]):
            with self.subTest(arguments=arguments):
                program, code = self.run_program(name, *arguments)
                self.assertEqual(code, 2)
                self.assertEqual(program.stdout.text, b"")
                self.assertEqual(len(program.stderr.lines), 1)
                self.assertIn(arguments[0].rstrip("="), program.stderr.lines[0])

    def assert_fails(self, name, *arguments, message, **options):
        """It ends with 1, and one line on standard error that the pattern matches."""
        program, code = self.run_program(name, *arguments, **options)
        self.assertEqual(code, 1, program.stderr.lines)
        self.assertEqual(len(program.stderr.lines), 1, program.stderr.lines)
        self.assertRegex(program.stderr.lines[0], rf"^{name}: {message}$")
        return program


def receive_exactly(stream, size):
    """The next `size` bytes of a connection; fewer if it ends before."""
    received = bytearray()
    while len(received) < size and (piece := stream.recv(min(size - len(received), 1 << 20))):
        received += piece
    return bytes(received)


def receive_all(stream):
    """What comes until the end of the connection."""
    received = bytearray()
    while piece := stream.recv(1 << 20):
        received += piece
    return bytes(received)


def reset(stream):
    """Closes a connection with RST."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


def wait_until(condition):
    """For what cannot be waited for in another way."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("what was waited for did not happen")
        time.sleep(0.01)
