# SPDX-License-Identifier: MIT
"""json_server and json_client, with each other, and with Python sockets and nc as peers."""

import json
import re
import socket
import threading
import unittest

from harness import LIMIT, Program, ProgramTest, receive_all, receive_exactly, reset

READING = {"device_id": "ESP32-001", "temperature_c": 21.5, "humidity_percent": 60.2,
           "timestamp": 1678886400}
COMPACT = ('{"device_id":"ESP32-001","temperature_c":21.5,"humidity_percent":60.2,'
           '"timestamp":1678886400}')
ACK = b"ACK: Received data from ESP32-001 (Temp: 21.5C)\n"
ERROR = b"ERROR: Invalid JSON\n"


def line(**changes):
    """A reading with other fields; None leaves one out."""
    fields = {name: value for name, value in {**READING, **changes}.items() if value is not None}
    return json.dumps(fields).encode() + b"\n"


class JsonServer(ProgramTest):
    def start_server(self):
        server = self.start("json_server", "--port", 0)
        return server, server.listening_port()

    def exchange(self, port, data):
        """All that the server answers to these bytes."""
        with self.connect(port) as stream:
            stream.sendall(data)
            stream.shutdown(socket.SHUT_WR)
            return receive_all(stream)

    def test_prints_the_book_s_lines(self):
        server, port = self.start_server()
        self.assertRegex(server.stdout.lines[0], r"^JSON Server listening on 127\.0\.0\.1:\d+$")
        with self.connect(port) as stream:
            address = "%s:%d" % stream.getsockname()
            stream.sendall(COMPACT.encode() + b"\n")
            self.assertEqual(receive_exactly(stream, len(ACK)), ACK)
            server.stdout.wait_for("Deserialized data: .*")
            self.assertEqual(server.stdout.lines[1:], [
                f"Handling JSON connection from: {address}",
                f"Received raw JSON from {address}: {COMPACT}",
                'Deserialized data: SensorData { device_id: "ESP32-001", temperature_c: 21.5, '
                "humidity_percent: 60.2, timestamp: 1678886400 }"])

    def test_what_is_accepted(self):
        _, port = self.start_server()
        for data, answer in (
                (line(), ACK),
                (line()[:-1], ACK),  # the last line needs no end
                (line()[:-1] + b"\r\n", ACK),
                (b'  { "timestamp":1, "extra":[{}], "humidity_percent":0, "temperature_c":-3.25,'
                 b' "device_id":"x" } \n', b"ACK: Received data from x (Temp: -3.25C)\n"),
                (line(temperature_c=21), b"ACK: Received data from ESP32-001 (Temp: 21C)\n"),
                (line(timestamp=2**64 - 1), ACK),
                (line(device_id="a\nERROR: b"), "ACK: Received data from a\u240aERROR: b "
                                                "(Temp: 21.5C)\n".encode()),
                (line(device_id="\u4e16\U0001f600"),
                 "ACK: Received data from \u4e16\U0001f600 (Temp: 21.5C)\n".encode())):
            with self.subTest(data=data):
                self.assertEqual(self.exchange(port, data), answer)

    def test_what_is_refused_is_answered_and_the_connection_goes_on(self):
        server, port = self.start_server()
        refused = (
            b"\n", b"not json\n", b"{\n", b"[]\n", b"null\n", b"{}\n", line()[:-2] + b"\n",
            line()[:-1] + b"x\n", line()[:-1] + line(), line(device_id=5), line(device_id=True),
            line(temperature_c="21.5"), line(temperature_c=[21.5]), line(timestamp=1.5),
            line(timestamp="1"), line(timestamp=-1), line(timestamp=2**64),
            line(timestamp=None), line(device_id=None), line(temperature_c=None),
            line(temperature_c=1e39), line()[:-1].replace(b"21.5", b"1e400") + b"\n",
            line()[:-1].replace(b"21.5", b"NaN") + b"\n",
            b'{"device_id":"a",' + line()[1:],  # twice
            b"\xff\xfe\n", b'{"device_id":"\xc0\xaf"}\n', b'{"device_id":"\\ud800"}\n',
            b"[" * 60_000 + b"\n", b'{"x":' * 12_000 + b"\n", b"x" * 200_000 + b"\n",
            line()[:-2] + b"\0}\n", b"\xef\xbb\xbf" + line())
        stream = self.connect(port)
        for data in refused:
            with self.subTest(data=data[:100]):
                stream.sendall(data + line())
                self.assertEqual(receive_exactly(stream, len(ERROR + ACK)), ERROR + ACK)
        for complaint in server.stderr.lines:
            self.assertRegex(complaint, r"^json_server: 127\.0\.0\.1:\d+: .{5,250}$")
        self.assertEqual(len(server.stderr.lines), len(refused))
        server.stderr.wait_for(r".*: temperature_c: expected a number, got text \(line 1, .*\)")

    def test_a_message_may_come_in_any_pieces(self):
        _, port = self.start_server()
        stream = self.connect(port)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = line(device_id="stra\u00dfe")
        answer = "ACK: Received data from stra\u00dfe (Temp: 21.5C)\n".encode()
        for cut in range(1, len(data)):
            stream.sendall(data[:cut])
            stream.sendall(data[cut:])
            self.assertEqual(receive_exactly(stream, len(answer)), answer)
        for byte in data:
            stream.sendall(bytes([byte]))
        self.assertEqual(receive_exactly(stream, len(answer)), answer)

    def test_many_messages_may_come_in_one(self):
        _, port = self.start_server()
        self.assertEqual(self.exchange(port, (line() + b"wrong\n") * 300), (ACK + ERROR) * 300)

    def test_a_half_message_is_not_answered_before_it_is_whole(self):
        _, port = self.start_server()
        stream = self.connect(port)
        stream.sendall(line()[:30])
        other = self.connect(port)
        other.sendall(line())
        self.assertEqual(receive_exactly(other, len(ACK)), ACK)
        stream.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            stream.recv(1)
        stream.settimeout(LIMIT)
        stream.sendall(line()[30:])
        self.assertEqual(receive_exactly(stream, len(ACK)), ACK)

    def test_nc_is_understood(self):
        _, port = self.start_server()
        peer = self.run_peer("nc", "-N", "127.0.0.1", port, input=line() + b"x\n")
        self.assertEqual(peer.stdout, ACK + ERROR)

    def test_an_endless_line_costs_no_memory(self):
        server, port = self.start_server()
        stream = self.connect(port)
        threading.Thread(target=stream.sendall, args=(b"[" * 30_000_000 + b"\n" + line(),)).start()
        self.assertEqual(receive_exactly(stream, len(ERROR + ACK)), ERROR + ACK)
        self.assert_memory_below(server, 32 << 20)

    def test_a_reset_ends_only_that_connection(self):
        server, port = self.start_server()
        stream = self.connect(port)
        stream.sendall(line())
        receive_exactly(stream, 1)  # the rest is not read: the close is a reset
        address = "%s:%d" % stream.getsockname()
        reset(stream)
        server.stderr.wait_for(re.escape(f"json_server: {address}: Connection reset by peer"))
        self.assertEqual(self.exchange(port, line()), ACK)

    def test_signals_end_it_cleanly(self):
        for stop in (Program.interrupt, Program.terminate):
            server, port = self.start_server()
            stream = self.connect(port)
            stream.sendall(line())
            receive_exactly(stream, len(ACK))
            self.assert_ends_cleanly(server, stop)

    def test_options_and_failures(self):
        _, port = self.start_server()
        self.assert_refuses_bad_options("json_server")
        self.assert_fails("json_server", "--port", port,
                          message=f"cannot listen on 127.0.0.1:{port}: Address already in use")

    # ---- the client ------------------------------------------------------------------------------

    def test_client_and_server_understand_each_other(self):
        _, port = self.start_server()
        client, code = self.run_program("json_client", "--port", port)
        self.assertEqual((code, client.stderr.text), (0, b""))
        self.assertEqual(client.stdout.lines, [
            "Connected to JSON server.", f"Sending JSON: {COMPACT}",
            "Server response: " + ACK.decode().rstrip()])

    def test_the_client_sends_a_line_that_others_understand(self):
        listener, port = self.listen()
        client = self.start("json_client", "--port", port, "--device", 'a "b"\n')
        stream = self.accept(listener)
        received = b""
        while not received.endswith(b"\n"):
            received += stream.recv(1000)
        self.assertEqual(json.loads(received), {**READING, "device_id": 'a "b"\n'})
        stream.sendall(b"ACK: one ")
        stream.sendall(b"answer\r\nnot this\n")
        self.assertEqual(client.exit_code(), 0)
        self.assertEqual(client.stdout.lines[-1], "Server response: ACK: one answer")

    def test_the_client_fails_with_a_reading_that_was_not_taken(self):
        for answer, complaint in ((ERROR, "has refused the reading"),
                                  (b"HTTP/1.1 400 Bad Request\r\n", "is none of a JSON server"),
                                  (b"\n", "is none of a JSON server")):
            with self.subTest(answer=answer):
                listener, port = self.listen()
                client = self.start("json_client", "--port", port)
                self.accept(listener).sendall(answer)
                self.assertEqual(client.exit_code(), 1)
                self.assertEqual(client.stdout.lines[-1], "Server response: " + answer.decode().rstrip())
                self.assertEqual(len(client.stderr.lines), 1)
                self.assertRegex(client.stderr.lines[0], rf"^json_client: .*127.*:{port} {complaint}$")

    def test_the_client_reports_what_fails(self):
        self.assert_refuses_bad_options("json_client")
        port = self.free_port()
        self.assert_fails("json_client", "--port", port,
                          message=f"cannot connect to 127.0.0.1:{port}: Connection refused")
        listener, port = self.listen()
        threading.Thread(target=lambda: receive_exactly(stream := self.accept(listener), 10)
                         and stream.shutdown(socket.SHUT_RDWR)).start()
        self.assert_fails("json_client", "--port", port, message=rf"no answer from 127.*:{port}: .*")


if __name__ == "__main__":
    unittest.main()
