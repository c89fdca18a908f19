# SPDX-License-Identifier: MIT
"""udp_chat, with Python sockets and itself as peers."""

import pty
import os
import re
import socket
import subprocess
import unittest

from harness import Program, ProgramTest

BUFFER = 1024


class UdpChat(ProgramTest):
    def start_chat(self, peer_port, *arguments, stdin=subprocess.PIPE):
        chat = self.start("udp_chat", "--peer", f"127.0.0.1:{peer_port}", *arguments, stdin=stdin)
        return chat, ("127.0.0.1", chat.listening_port())

    def start_with_peer(self, **options):
        peer = self.udp_socket()
        return (*self.start_chat(peer.getsockname()[1], **options), peer)

    def test_port_zero_takes_a_free_port_and_prints_it(self):
        ports = {self.start_with_peer()[1][1] for _ in range(3)}
        self.assertEqual(len(ports - {0}), 3)

    def test_sends_lines_from_the_port_on_which_it_listens(self):
        chat, address, peer = self.start_with_peer()
        for line in ("hello", "", "stra\u00dfe \U0001f600", "exit now"):
            chat.type(line + "\n")
            self.assertEqual(peer.recvfrom(1 << 16), (line.encode(), address))

    def test_prints_datagrams_with_their_sender(self):
        chat, address, _ = self.start_with_peer()
        for data, shown in ((b"hello", "hello"), (b"line\n", "line"), (b"", ""), (b"\xff!", "\ufffd!"),
                            (b"\x1b[2J", "\u241b[2J"), (b"x" * BUFFER, "x" * BUFFER)):
            sender = self.udp_socket()
            sender.sendto(data, address)
            name = f"127.0.0.1:{sender.getsockname()[1]}"
            chat.stdout.wait_for(re.escape(f"{name}: {shown}"))

    def test_sends_and_receives_at_the_same_time(self):
        chat, address, peer = self.start_with_peer()
        for number in range(200):
            peer.sendto(f"in {number}".encode(), address)
            chat.type(f"out {number}\n")
            self.assertEqual(peer.recv(100), f"out {number}".encode())
            chat.stdout.wait_for(f".*: in {number}")

    def test_a_truncated_datagram_is_reported(self):
        chat, address, peer = self.start_with_peer()
        for size in (BUFFER + 1, 65507):
            peer.sendto(b"y" * size, address)
        peer.sendto(b"short", address)
        chat.stdout.wait_for(".*: short")
        cut = re.escape("y" * BUFFER) + r" \[truncated: only the first 1024 bytes fit\]"
        self.assertRegex(chat.stdout.lines[1], cut)
        self.assertRegex(chat.stdout.lines[2], cut)
        self.assertNotIn("truncated", chat.stdout.lines[3])

    def test_a_line_that_is_too_long_for_a_datagram_is_reported(self):
        chat, _, peer = self.start_with_peer()
        port = peer.getsockname()[1]
        chat.type("z" * 65508 + "\nshort\n")
        self.assertEqual(peer.recv(1 << 16), b"short")
        chat.stderr.wait_for(f"udp_chat: cannot send to 127.0.0.1:{port}: Message too long")

    def test_exit_and_the_end_of_input_end_it(self):
        for typed, sent in (("exit\n", []), ("exit\r\n", []), ("one\nexit\ntwo\n", [b"one"]), ("", []),
                            ("one\r\ntwo", [b"one", b"two"])):
            with self.subTest(typed=typed):
                chat, _, peer = self.start_with_peer()
                chat.type(typed)
                chat.end_input()
                self.assertEqual(chat.exit_code(), 0)
                self.assertEqual(chat.stderr.text, b"")
                for datagram in sent:
                    self.assertEqual(peer.recv(100), datagram)
                peer.setblocking(False)
                self.assertRaises(BlockingIOError, peer.recv, 100)

    def test_exit_on_a_terminal_ends_it(self):
        keyboard, terminal = pty.openpty()
        self.addCleanup(os.close, keyboard)
        self.addCleanup(os.close, terminal)
        chat, _, peer = self.start_with_peer(stdin=terminal)
        os.write(keyboard, b"hello\nexit\n")
        self.assertEqual(peer.recv(100), b"hello")
        self.assertEqual(chat.exit_code(), 0)

    def test_a_peer_that_is_not_there_does_no_harm(self):
        chat, address = self.start_chat(self.free_port(socket.SOCK_DGRAM))
        for _ in range(10):
            chat.type("anybody?\n")
        self.udp_socket().sendto(b"here", address)
        chat.stdout.wait_for(".*: here")
        self.assertEqual(chat.stderr.text, b"")

    def test_two_of_them_talk(self):
        port = self.free_port(socket.SOCK_DGRAM)
        one, address = self.start_chat(port)
        two, _ = self.start_chat(address[1], "--port", port)
        one.type("hello two\n")
        two.stdout.wait_for(f"127.0.0.1:{address[1]}: hello two")
        two.type("hello one\n")
        one.stdout.wait_for(f"127.0.0.1:{port}: hello one")

    def test_signals_end_it(self):
        for stop in (Program.interrupt, Program.terminate):
            chat, _, _ = self.start_with_peer()
            self.assert_ends_cleanly(chat, stop)

    def test_a_port_in_use_is_reported(self):
        port = self.udp_socket().getsockname()[1]
        self.assert_fails("udp_chat", "--port", port,
                          message=f".*127.0.0.1:{port}: Address already in use")

    def test_bad_addresses_are_reported(self):
        for arguments, named in ((["--peer", "nonsense"], "nonsense"), (["--peer", "1.2.3.4:99999"], "99999"),
                                 (["--peer", "no.such.host.invalid:1"], "no.such.host"),
                                 (["--host", "192.0.2.1"], "192.0.2.1")):
            self.assert_fails("udp_chat", *arguments, message=f".*{re.escape(named)}.*")

    def test_options(self):
        self.assert_refuses_bad_options("udp_chat")


if __name__ == "__main__":
    unittest.main()
