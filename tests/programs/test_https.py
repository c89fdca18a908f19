# SPDX-License-Identifier: MIT
"""HTTPS and HTTP/2: http_server, http_echo, command_server and http_client, with curl, openssl, nghttp,
h2load and Python as peers."""

import email.message
import email.policy
import http.client
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import LIMIT, Output, ProgramTest, has_sanitizer, receive_all

ROOT = Path(__file__).resolve().parents[2]
GOOD = '{"number": 5, "boolean": true}'
RECEIVED = "Received: Data { number: 5, boolean: true }"
JSON = {"Content-Type": "application/json"}


def make_certificate(directory):
    subprocess.run([ROOT / "scripts" / "make_certificate", directory], check=True, capture_output=True)


@unittest.skipUnless(shutil.which("openssl") and shutil.which("curl"), "openssl and curl are needed")
class Https(ProgramTest):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.keys = Path(directory.name)
        make_certificate(cls.keys)
        cls.ca = cls.keys / "ca.pem"
        cls.options = ("--cert", cls.keys / "cert.pem", "--key", cls.keys / "key.pem")

    def start_server(self, name="http_server", *arguments):
        server = self.start(name, "--port", 0, *self.options, *arguments)
        return server, server.listening_port()

    def curl(self, *arguments, data=None, check=True):
        """What curl prints, and then the version of HTTP and the status."""
        done = subprocess.run(["curl", "-sS", "--max-time", str(LIMIT), "--cacert", self.ca, "-w",
                               "|%{http_version} %{http_code}", *map(str, arguments)],
                              capture_output=True, timeout=2 * LIMIT, input=data, check=False)
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        body, _, about = done.stdout.rpartition(b"|")
        return body, about.decode()

    def run_openssl(self, port, *arguments, data=b""):
        done = self.run_peer("openssl", "s_client", "-CAfile", self.ca, "-verify_return_error",
                             "-connect", f"localhost:{port}", *arguments, input=data)
        return done.stdout.decode(errors="replace"), done.returncode

    def context(self, *protocols):
        context = ssl.create_default_context(cafile=self.ca)
        if protocols:
            context.set_alpn_protocols(protocols)
        return context

    # ---- curl ------------------------------------------------------------------------------------

    def test_curl_speaks_every_version_on_both_kinds_of_ports(self):
        server, secure = self.start_server()
        self.assertEqual(server.stdout.lines, [f"HTTPS Server listening on 127.0.0.1:{secure}"])
        plain = self.start("http_server", "--port", 0).listening_port()
        post = ("-d", GOOD, "-H", "Content-Type: application/json")
        for version, url, option in (("1.1", f"https://localhost:{secure}", "--http1.1"),
                                     ("2", f"https://localhost:{secure}", "--http2"),
                                     ("1.1", f"https://localhost:{secure}", "--no-alpn"),
                                     ("1.1", f"http://localhost:{plain}", "--http1.1"),
                                     ("1.1", f"http://localhost:{plain}", "--http2"),
                                     ("2", f"http://localhost:{plain}", "--http2-prior-knowledge")):
            with self.subTest(url=url, option=option):
                self.assertEqual(self.curl(option, *post, url + "/data"),
                                 (RECEIVED.encode(), f"{version} 200"))
                self.assertEqual(self.curl(option, url + "/data")[1], f"{version} 405")
        self.assert_ends_cleanly(server)

    def test_curl_uploads(self):
        _, secure = self.start_server("http_echo")
        plain = self.start("http_echo", "--port", 0).listening_port()
        data = bytes(range(256)) * 20_000
        for option, url in (("--http1.1", f"https://localhost:{secure}/echo"),
                            ("--http2", f"https://localhost:{secure}/echo"),
                            ("--http2-prior-knowledge", f"http://localhost:{plain}/echo")):
            with self.subTest(option=option):
                wait = ("-H", "Expect: 100-continue")
                body, about = self.curl(option, *wait, "--data-binary", "@-", url, data=data)
                self.assertTrue(body == data)
                self.assertTrue(about.endswith(" 200"), about)
                body, _ = self.curl(option, "-T", "-", url, data=data)  # of a length not known
                self.assertTrue(body == data)

    def test_curl_gets_files_and_parts_of_them(self):
        text = bytes(i % 251 for i in range(300_000))
        (self.keys / "file.bin").write_bytes(text)
        _, secure = self.start_server("http_server", "--files", self.keys)
        for option in ("--http1.1", "--http2"):
            url = f"https://localhost:{secure}/files/file.bin"
            body, about = self.curl(option, url)
            self.assertTrue(body == text)
            self.assertTrue(about.endswith(" 200"))
            body, about = self.curl(option, "-r", "100000-100999", url)
            self.assertTrue(body == text[100_000:101_000])
            self.assertTrue(about.endswith(" 206"))
            self.assertEqual(self.curl(option, "-r", "400000-", url)[1][-3:], "416")
            body, about = self.curl(option, "-i", "-r", "5-9,200000-280000,-1", url)
            self.assertTrue(about.endswith(" 206"))
            _, _, message = body.partition(b"\r\n")  # the status line
            parts = email.message_from_bytes(message, policy=email.policy.HTTP).get_payload()
            self.assertEqual([part["Content-Range"] for part in parts],
                             ["bytes 5-9/300000", "bytes 200000-280000/300000", "bytes 299999-299999/300000"])
            self.assertTrue([part.get_payload(decode=True) for part in parts] ==
                            [text[5:10], text[200_000:280_001], text[-1:]])
            body, about = self.curl(option, "-I", url)
            self.assertIn(b"content-length: 300000", body.lower())

    # ---- openssl ---------------------------------------------------------------------------------

    def test_versions_and_protocols(self):
        _, port = self.start_server()
        for option, version in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
            text, code = self.run_openssl(port, option)
            self.assertEqual(code, 0, text)
            self.assertIn(f"New, {version}, Cipher is ", text)
            self.assertIn("Verify return code: 0 (ok)", text)
        text, code = self.run_openssl(port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        self.assertNotEqual(code, 0)
        for offered, wanted in (("h2,http/1.1", "ALPN protocol: h2"), ("http/1.1,h2", "ALPN protocol: h2"),
                                ("http/1.1", "ALPN protocol: http/1.1"), (None, "No ALPN negotiated")):
            text, code = self.run_openssl(port, *(("-alpn", offered) if offered else ()))
            self.assertEqual(code, 0, text)
            self.assertIn(wanted, text)
        text, code = self.run_openssl(port, "-alpn", "gopher")
        self.assertNotEqual(code, 0)

    def test_new_keys_in_the_middle_of_a_conversation(self):
        _, port = self.start_server("command_server")
        client = subprocess.Popen(["openssl", "s_client", "-tls1_3", "-CAfile", self.ca, "-connect",
                                   f"localhost:{port}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, bufsize=0)
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        self.addCleanup(client.stdin.close)
        output = Output(client.stdout)
        output.wait_for(r".*Verify return code: 0 \(ok\).*")
        for turn in range(1, 4):
            client.stdin.write(b"K\n")  # new keys for both directions
            output.wait_for("KEYUPDATE", turn)
            client.stdin.write(b"HELLO\n")
            output.wait_for("Hello, client!", turn)
        client.stdin.write(b"GOODBYE\n")
        output.wait_for("Goodbye, client!")

    # ---- nghttp and h2load -----------------------------------------------------------------------

    @unittest.skipUnless(shutil.which("nghttp") and shutil.which("h2load"), "nghttp2-client is needed")
    def test_nghttp_and_h2load(self):
        server, secure = self.start_server("http_echo")
        plain = self.start("http_echo", "--port", 0).listening_port()
        for url in (f"https://localhost:{secure}", f"http://localhost:{plain}"):
            done = self.run_peer("nghttp", url + "/hello", url + "/count")
            text = done.stdout.decode()
            self.assertIn("Hello!", text)
            self.assertIn("1\n2\n3\n4\n5\n", text)
            count = 500 if has_sanitizer("http_echo") else 5000
            done = self.run_peer("h2load", "-n", count, "-c", 10, "-m", 20, url + "/hello")
            self.assertIn(f"{count} succeeded, 0 failed", done.stdout.decode())
        self.assert_ends_cleanly(server)

    # ---- Python ----------------------------------------------------------------------------------

    def test_pythons_client_keeps_its_connection(self):
        server, port = self.start_server()
        connection = http.client.HTTPSConnection("localhost", port, timeout=LIMIT, context=self.context())
        self.addCleanup(connection.close)
        for _ in range(3):
            connection.request("POST", "/data", GOOD, JSON)
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.read().decode()), (200, RECEIVED))
        connection.request("POST", "/data", iter([b" " * 20_000]), JSON, encode_chunked=True)
        self.assertEqual(connection.getresponse().status, 413)
        self.assert_ends_cleanly(server)

    def test_commands_over_tls(self):
        server, port = self.start_server("command_server")
        with socket.create_connection(("localhost", port), LIMIT) as plain:
            with self.context().wrap_socket(plain, server_hostname="localhost") as stream:
                stream.sendall(b"HELLO\nwhat\nGOODBYE\n")
                self.assertEqual(receive_all(stream), b"Hello, client!\nUnknown command\nGoodbye, client!\n")
        self.assertEqual(server.stderr.text, b"")
        with self.connect(port) as stream:
            stream.sendall(b"HELLO\nHELLO\n")
            receive_all(stream)
        server.stderr.wait_for("command_server: .*: .*no TLS.*|command_server: .*")
        self.assert_ends_cleanly(server)

    def test_a_renewed_certificate_is_taken_at_a_signal(self):
        with tempfile.TemporaryDirectory() as directory:
            keys = Path(directory)
            make_certificate(keys)
            server = self.start("http_server", "--port", 0, "--cert", keys / "cert.pem",
                                "--key", keys / "key.pem")
            port = server.listening_port()

            def shown():
                return ssl.get_server_certificate(("localhost", port)).strip()

            first = (keys / "cert.pem").read_text().strip()
            self.assertEqual(shown(), first)
            context = ssl.create_default_context(cafile=keys / "ca.pem")
            old = http.client.HTTPSConnection("localhost", port, timeout=LIMIT, context=context)
            self.addCleanup(old.close)
            old.connect()
            (keys / "cert.pem").unlink()
            make_certificate(keys)
            server.process.send_signal(signal.SIGHUP)
            server.stderr.wait_for("http_server: the certificate was read again")
            self.assertEqual(shown(), (keys / "cert.pem").read_text().strip())
            self.assertNotEqual(shown(), first)
            old.request("POST", "/data", GOOD, JSON)
            self.assertEqual(old.getresponse().read().decode(), RECEIVED)
            # What cannot be used changes nothing.
            (keys / "cert.pem").write_text("nonsense")
            server.process.send_signal(signal.SIGHUP)
            server.stderr.wait_for("http_server: .*cert.pem.*")
            self.assertNotEqual(shown(), "nonsense")
            self.assert_ends_cleanly(server)

    # ---- what cannot work ------------------------------------------------------------------------

    def test_the_wrong_protocol_ends_only_its_connection(self):
        server, port = self.start_server()
        for data in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\0" * 1000, b"\xff" * 100_000, b""):
            stream = self.connect(port)
            answer = b""
            try:
                stream.sendall(data)
                stream.shutdown(socket.SHUT_WR)
                answer = receive_all(stream)
            except OSError:  # the server has not waited for all of it
                pass
            self.assertNotIn(b"HTTP", answer)
        plain = self.start("http_server", "--port", 0).listening_port()
        with self.connect(plain) as stream, self.assertRaises(ssl.SSLError):
            self.context().wrap_socket(stream, server_hostname="localhost")
        with self.connect(plain) as stream:
            stream.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            self.assertTrue(receive_all(stream).startswith(b"HTTP/1.1 400 "))
        self.assertEqual(self.curl(f"https://localhost:{port}/data")[1], "2 405")
        self.assert_ends_cleanly(server)

    def test_how_to_make_a_certificate_is_told(self):
        for arguments, code in ((["--help"], 0), (["-h"], 0), (["--no-such-option"], 2), ([], 2)):
            done = subprocess.run([ROOT / "scripts" / "make_certificate", *arguments],
                                  capture_output=True, check=False)
            self.assertEqual(done.returncode, code)
            self.assertIn(b"make_certificate DIRECTORY", done.stderr if code else done.stdout)

    def test_bad_certificates_are_reported(self):
        for name in ("http_server", "command_server", "http_echo"):
            for lonely in (self.options[:2], self.options[2:4]):
                program, code = self.run_program(name, "--port", 0, *lonely)
                self.assertEqual(code, 2)
                self.assertEqual(program.stderr.lines, [f"{name}: --cert and --key need each other"])
            self.assert_fails(name, "--port", 0, "--cert", "/no/cert", "--key", "/no/key",
                              message=".*/no/cert.*: No such file or directory")
            self.assert_fails(name, "--port", 0, "--cert", self.ca, "--key", self.keys / "key.pem",
                              message=".*ca.pem.*")

    # ---- http_client -----------------------------------------------------------------------------

    def test_the_client_trusts_whom_it_is_told_to(self):
        _, port = self.start_server()
        url = f"https://localhost:{port}/data"
        for trust in (("--cacert", self.ca), ("-k",), ("--insecure",)):
            client, code = self.run_program("http_client", *trust, url)
            self.assertEqual((client.stdout.text.decode(), code), (RECEIVED, 0), client.stderr.text)
        client, code = self.run_program("http_client", url)
        self.assertEqual((client.stdout.text, code), (b"", 1))
        self.assertIn("certificate", client.stderr.text.decode())


if __name__ == "__main__":
    unittest.main()
