# SPDX-License-Identifier: MIT
"""chat_server and chat_client, with Python sockets, python3-websockets and Chromium as peers."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from harness import LIMIT, Program, ProgramTest, receive_all, wait_until

try:
    import websockets
except ImportError:
    websockets = None

QUESTION = "* What is your name?"


class Person:
    """Somebody in the chat, with lines over TCP."""

    def __init__(self, test, port, name=None):
        self.stream = test.connect(port)
        self.file = self.stream.makefile("rb")
        if name is not None:
            test.assertEqual(self.hear(), QUESTION)
            self.say(name)
            test.assertRegex(self.hear(), rf"^\* Welcome, {name}\. Here: ")

    def say(self, line):
        self.stream.sendall(line.encode() + b"\n")

    def hear(self):
        """The next line; nothing at the end."""
        return self.file.readline().decode().rstrip("\n")


class Chat(ProgramTest):
    def start_server(self, *arguments):
        server = self.start("chat_server", "--port", 0, "--web-port", 0, *arguments)
        server.web_port = int(server.stdout.wait_for(r"Chat page at http://.*:(\d+)/")[1])
        return server, server.listening_port()

    # ---- lines -----------------------------------------------------------------------------------

    def test_every_line_goes_to_all_others_with_the_name(self):
        _, port = self.start_server()
        alice = Person(self, port, "alice")
        bob = Person(self, port, "bob")
        self.assertEqual(alice.hear(), "* bob has joined")
        carol = Person(self, port, "carol")
        for person in (alice, bob):
            self.assertEqual(person.hear(), "* carol has joined")
        alice.say("hello")
        bob.say("hi alice")
        self.assertEqual({carol.hear(), carol.hear()}, {"alice: hello", "bob: hi alice"})
        self.assertEqual(bob.hear(), "alice: hello")
        self.assertEqual(alice.hear(), "bob: hi alice")
        bob.stream.close()
        bob.file.close()
        for person in (alice, carol):
            self.assertEqual(person.hear(), "* bob has left")

    def test_names(self):
        _, port = self.start_server()
        Person(self, port, "alice")
        bob = Person(self, port)
        self.assertEqual(bob.hear(), QUESTION)
        bob.say("alice")
        self.assertEqual(bob.hear(), "* That name is taken.")
        bob.say("two words")
        self.assertRegex(bob.hear(), r"^\* A name is one word")
        bob.say("bob")
        self.assertEqual(bob.hear(), "* Welcome, bob. Here: alice, bob")
        for bad in ("", "*", "a:b", "x" * 33, "a,b"):
            nobody = Person(self, port)
            for _ in range(3):
                nobody.hear()
                nobody.say(bad)
            self.assertRegex(nobody.hear(), r"^\* A name is one word")
            self.assertEqual(nobody.hear(), "")

    def test_what_is_said_is_safe_to_print(self):
        _, port = self.start_server()
        alice = Person(self, port, "alice")
        bob = Person(self, port, "bob")
        alice.hear()
        bob.stream.sendall(b"\x1b[2J\n" + b"\xff\xfe\n" + b"x" * 100_000 + b"\nafter\r\n")
        self.assertEqual(alice.hear(), "bob: \u241b[2J")
        self.assertEqual(alice.hear(), "bob: after")  # what is no line of text is stepped over

    def test_lines_may_come_in_any_pieces(self):
        _, port = self.start_server()
        alice = Person(self, port, "alice")
        bob = Person(self, port, "bob")
        alice.hear()
        for byte in b"one\ntwo\nth":
            bob.stream.sendall(bytes([byte]))
        self.assertEqual([alice.hear(), alice.hear()], ["bob: one", "bob: two"])
        bob.stream.sendall(b"ree\n" + b"four\n" * 100)
        self.assertEqual([alice.hear() for _ in range(101)], ["bob: three"] + ["bob: four"] * 100)

    # ---- those who are not there -----------------------------------------------------------------

    def test_a_heartbeat_finds_dead_peers(self):
        server, port = self.start_server("--heartbeat", 300)
        dead = Person(self, port, "dead")
        started = time.monotonic()
        alive = Person(self, port, "alive")
        heard = []
        while "* dead does not answer" not in heard:
            heard.append(alive.hear())
            self.assertLess(time.monotonic() - started, LIMIT)
            if heard[-1] == "PING":
                alive.say("PONG")
        self.assertGreaterEqual(time.monotonic() - started, 0.5)
        self.assertIn(b"PING\n", receive_all(dead.stream))
        server.stdout.wait_for("dead does not answer")
        # Who answers stays.
        for _ in range(4):
            self.assertEqual(alive.hear(), "PING")
            alive.say("PONG")
        alive.say("PING")
        self.assertIn(alive.hear(), ("PONG", "PING"))

    def test_a_slow_reader_is_disconnected_and_slows_nobody(self):
        server, port = self.start_server("--patience", 1000)
        slow = Person(self, port, "slow")
        talker = Person(self, port, "talker")
        listener = Person(self, port, "listener")
        talker.hear()
        line = "x" * 900
        heard = []

        def listen():
            while not heard or heard[-1] not in ("* slow was too slow", ""):
                heard.append(listener.hear())

        listening = threading.Thread(target=listen)
        listening.start()
        said = 0
        while listening.is_alive():
            talker.say(line)
            said += 1
            self.assertLess(said, 50_000)
            # Not faster than those who do read.
            wait_until(lambda: len(heard) > said - 200 or not listening.is_alive())
        listening.join(LIMIT)
        self.assertEqual(heard[-1], "* slow was too slow")
        server.stdout.wait_for("slow was too slow")
        self.assert_memory_below(server, 64 << 20)
        talker.say("the end")
        while heard[-1] != "talker: the end":
            heard.append(listener.hear())
        self.assertEqual(heard.count(f"talker: {line}"), said)
        self.assertNotEqual(receive_all(slow.stream), b"")

    # ---- the client ------------------------------------------------------------------------------

    def test_the_client_sends_and_receives_at_once(self):
        server, port = self.start_server("--heartbeat", 200)
        client = self.start("chat_client", "--port", port, "--name", "bob",
                            stdin=subprocess.PIPE)
        client.stdout.wait_for(r"\* Welcome, bob\. Here: bob")
        alice = Person(self, port, "alice")
        stop = threading.Event()

        def chat():
            for number in range(50):
                alice.say(f"from alice {number}")
            while not stop.is_set():
                alice.say("PONG")
                stop.wait(0.1)

        thread = threading.Thread(target=chat)
        thread.start()
        for number in range(50):
            client.type(f"from bob {number}\n")
        client.stdout.wait_for("alice: from alice 49")
        heard = []
        while "bob: from bob 49" not in heard:
            heard.append(alice.hear())
        self.assertEqual([line for line in heard if line.startswith("bob: ")],
                         [f"bob: from bob {number}" for number in range(50)])
        time.sleep(1)  # several heartbeats, which the client answers
        self.assertIsNone(client.process.poll())
        client.type("exit\n")
        self.assertEqual(client.exit_code(), 0)
        while heard[-1] != "* bob has left":
            heard.append(alice.hear())
        self.assertNotIn("PING", client.stdout.lines)
        stop.set()
        thread.join(LIMIT)
        client.end_input()

    def test_the_client_notices_a_server_that_is_silent_or_gone(self):
        listener, port = self.listen()
        client = self.start("chat_client", "--port", port, "--heartbeat", 200,
                            stdin=subprocess.PIPE)
        stream = self.accept(listener)
        self.assertEqual(client.exit_code(), 1)
        self.assertRegex(client.stderr.lines[0], rf"^chat_client: 127.*:{port} does not answer$")
        self.assertIn(b"PING\n", receive_all(stream))
        client = self.start("chat_client", "--port", port, stdin=subprocess.PIPE)
        stream = self.accept(listener)
        stream.sendall(b"\x1b[0mhello\n")
        client.stdout.wait_for("\u241b\\[0mhello")
        stream.close()
        self.assertEqual(client.exit_code(), 1)
        self.assertRegex(client.stderr.lines[0], r"has closed the connection$")

    # ---- WebSocket -------------------------------------------------------------------------------

    @unittest.skipIf(websockets is None, "python3-websockets is not installed")
    def test_a_websocket_is_in_the_same_room(self):
        server, port = self.start_server("--heartbeat", 300)
        alice = Person(self, port, "alice")
        stop = threading.Event()

        def live():
            while not stop.wait(0.1):
                alice.say("PONG")

        living = threading.Thread(target=live)
        living.start()

        async def chat():
            async with websockets.connect(f"ws://127.0.0.1:{server.web_port}/chat") as web:
                self.assertEqual(await web.recv(), QUESTION)
                await web.send("web")
                self.assertEqual(await web.recv(), "* Welcome, web. Here: alice, web")
                alice.say("to the web \u00e9\U0001f600")
                self.assertEqual(await web.recv(), "alice: to the web \u00e9\U0001f600")
                await web.send(["from the ", "web ", "\U0001f600"])  # in fragments
                pong = await web.ping()
                await asyncio.wait_for(pong, LIMIT)
                await asyncio.sleep(1)  # several heartbeats
                await web.send("still here")

        try:
            asyncio.run(asyncio.wait_for(chat(), LIMIT))
        finally:
            stop.set()
            living.join(LIMIT)
        heard = []
        while "* web has left" not in heard:
            heard.append(alice.hear())
        self.assertEqual([line for line in heard if line != "PING"],
                         ["* web has joined", "web: from the web \U0001f600", "web: still here",
                          "* web has left"])

    @unittest.skipIf(websockets is None, "python3-websockets is not installed")
    def test_websockets_that_break_the_rules_are_closed_with_a_code(self):
        server, _ = self.start_server()

        async def talk(message, code):
            async with websockets.connect(f"ws://127.0.0.1:{server.web_port}/chat") as web:
                await web.recv()
                await web.send(message)
                with self.assertRaises(websockets.ConnectionClosed):
                    while True:
                        await web.recv()
                self.assertEqual(web.close_code, code)

        asyncio.run(asyncio.wait_for(talk("x" * 2000, 1009), LIMIT))

    def test_a_page_of_another_host_is_refused(self):
        server, _ = self.start_server()
        head = ("GET /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: {}\r\n\r\n")
        for origin, status in (("http://evil.example", 403), ("http://127.0.0.1", 101)):
            stream = self.connect(server.web_port)
            stream.sendall(head.format(origin).encode())
            self.assertRegex(stream.makefile("rb").readline().decode(), f"^HTTP/1.1 {status} ")

    def test_the_page(self):
        server, _ = self.start_server()
        url = f"http://127.0.0.1:{server.web_port}"
        with urllib.request.urlopen(f"{url}/", timeout=LIMIT) as response:
            self.assertIn("text/html", response.headers["Content-Type"])
            self.assertIn(b"new WebSocket", response.read())
        for path, status in (("/nothing", 404), ("/chat", 426)):
            with self.assertRaises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(url + path, timeout=LIMIT)
            self.assertEqual(raised.exception.code, status)
            raised.exception.close()

    @unittest.skipIf(websockets is None, "python3-websockets is not installed")
    @unittest.skipIf(shutil.which("chromium") is None, "chromium is not installed")
    def test_the_page_in_a_browser(self):
        server, port = self.start_server()
        alice = Person(self, port, "alice")
        asyncio.run(asyncio.wait_for(self.use_browser(server, alice), 2 * LIMIT))

    async def use_browser(self, server, alice):
        profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(profile.cleanup)
        browser = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--remote-debugging-port=0", "--remote-allow-origins=*",
             f"--user-data-dir={profile.name}", f"http://127.0.0.1:{server.web_port}/"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)

        def end():
            os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()

        self.addCleanup(end)
        port_file = os.path.join(profile.name, "DevToolsActivePort")
        wait_until(lambda: os.path.exists(port_file)
                   and Path(port_file).read_text(encoding="utf-8").count("\n"))
        port = Path(port_file).read_text(encoding="utf-8").split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=LIMIT) as response:
            page = next(target for target in json.load(response) if target["type"] == "page")

        async with websockets.connect(page["webSocketDebuggerUrl"], max_size=None) as tools:
            async def evaluate(script):
                await tools.send(json.dumps({"id": 1, "method": "Runtime.evaluate",
                                             "params": {"expression": script}}))
                while (answer := json.loads(await tools.recv())).get("id") != 1:
                    pass
                return answer["result"]["result"].get("value")

            async def see(text):
                for _ in range(LIMIT * 20):
                    shown = await evaluate("document.getElementById('lines')?.textContent")
                    if text in (shown or ""):
                        return
                    await asyncio.sleep(0.05)
                self.fail(f"the page does not show {text!r}, but {shown!r}")

            async def type_in(text):
                await evaluate(f"document.getElementById('line').value = {json.dumps(text)};"
                               "document.querySelector('button').click()")

            await see(QUESTION)
            await type_in("browser")
            await see("* Welcome, browser. Here: alice, browser")
            await type_in("hello <b>alice</b>")
            self.assertEqual(alice.hear(), "* browser has joined")
            self.assertEqual(alice.hear(), "browser: hello <b>alice</b>")
            alice.say("hello <script>browser</script>")
            await see("alice: hello <script>browser</script>")

    # ---- the end, and what cannot work -----------------------------------------------------------

    def test_signals_end_it_cleanly(self):
        for stop in (Program.interrupt, Program.terminate):
            server, port = self.start_server()
            Person(self, port, "alice")
            self.assert_ends_cleanly(server, stop)

    def test_options_and_failures(self):
        _, port = self.start_server()
        self.assert_refuses_bad_options("chat_server")
        self.assert_refuses_bad_options("chat_client")
        self.assert_fails("chat_server", "--port", port,
                          message=f"cannot listen on 127.0.0.1:{port}: Address already in use")
        self.assert_fails("chat_server", "--port", 0, "--web-port", port,
                          message=f"cannot listen on 127.0.0.1:{port}: Address already in use")


if __name__ == "__main__":
    unittest.main()
