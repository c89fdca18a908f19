# SPDX-License-Identifier: MIT
"""The loads of the group `http`: wrk, h2load, edo_tls_load, and connections that are idle. Each yields a line."""

import os
import re
import resource
import socket
import subprocess
import tempfile
from pathlib import Path

from comparison.http_servers import client_context
from comparison.programs import TIMEOUT, pinned
from comparison.servers import ServerFailed, load_line

CONNECTIONS = 64
STREAMS = 8  # of HTTP/2, on each connection
FIRST = 100  # idle connections before the memory is read for the first time
PAGE = os.sysconf("SC_PAGE_SIZE")
PIPELINE = """
init = function(args)
    local requests = {}
    for i = 1, %d do requests[i] = wrk.format("GET", "/") end
    batch = table.concat(requests)
end
request = function() return batch end
"""
JSON = """
wrk.method = "POST"
wrk.body = '%s'
wrk.headers["Content-Type"] = "application/json"
"""
DATA = b'{"number":4294967295,"boolean":true}'
GREETING = b"Hello, World!"
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Cpu:
    """The CPU time of a server and of the load, from now on."""

    def __init__(self, pid):
        self.pid = pid
        self.before = self.now()

    def now(self):
        server = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1].split()
        load = resource.getrusage(resource.RUSAGE_CHILDREN)
        everybody = Path("/proc/stat").read_text(encoding="utf-8").split(maxsplit=4)[1:4]  # without interrupts
        return int(server[11]), int(server[12]), load.ru_utime + load.ru_stime, sum(map(int, everybody))

    def fields(self, requests, seconds):
        tick = os.sysconf("SC_CLK_TCK")
        user, system, load, everybody = (after - before for after, before in zip(self.now(), self.before))
        if not requests:
            return {}
        return {"server_cpu_us_per_request": (user + system) / tick / requests * 1e6,
                "server_user_us_per_request": user / tick / requests * 1e6,
                "server_busy": (user + system) / tick / seconds, "load_busy": load / seconds,
                "others_busy": max(0, (everybody - user - system) / tick - load) / seconds}


def latency(text, pattern):
    match = re.search(rf"{pattern}\s+([\d.]+)(us|ms|s)", text)
    return float(match[1]) * {"us": 1, "ms": 1e3, "s": 1e6}[match[2]] if match else None


def wrk(server, cpus, seconds, script="", url="http://127.0.0.1:{}/"):
    """`script` is Lua. wrk counts wrong statuses; see `check_answers` for the bodies."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        command = ["wrk", "--latency", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{max(1, round(seconds))}s"]
        if script:
            file.write(script)
            file.flush()
            command += ["-s", file.name]
        cpu = Cpu(server.pid)
        text = subprocess.run(pinned([*command, url.format(server.port)], cpus), check=True,
                              capture_output=True, text=True, timeout=TIMEOUT).stdout
    requests = int(re.search(r"(\d+) requests in", text)[1])
    failed = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", text)))
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return {"requests": requests, "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
            **cpu.fields(requests, max(1, round(seconds))),
            "p50_us": latency(text, "50%"), "p99_us": latency(text, "99%"),
            "errors": failed + (int(wrong[1]) if wrong else 0)}


def h2load(server, cpus, seconds):
    """HTTP/2 with prior knowledge: 64 connections with 8 streams each."""
    seconds = max(1, round(seconds))
    command = ["h2load", "-p", "h2c", "-t", "1", "-c", str(CONNECTIONS), "-m", str(STREAMS), "-D", str(seconds),
               f"http://127.0.0.1:{server.port}/"]
    cpu = Cpu(server.pid)
    text = subprocess.run(pinned(command, cpus), check=True, capture_output=True, text=True, timeout=TIMEOUT).stdout
    found = re.search(r"requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed", text)
    done, succeeded, failed = int(found[2]), int(found[3]), int(found[4])
    return {"requests": done, "rate": done / seconds, **cpu.fields(done, seconds),
            "errors": failed + done - succeeded}


def handshakes(program, server, cpus, seconds, resumes):
    line = load_line([program, "--port", server.port, "--duration", seconds, "--resume", int(resumes), "--server-pid",
                      server.pid], cpus)
    if resumes and line["resumed"] < 0.9 * line["handshakes"]:  # the first of each client is none
        line["errors"] += line["handshakes"] - line["resumed"]
    return line


def receive(client, body):
    """Whether an answer of 200 with that body comes."""
    answer = b""
    while not answer.endswith(b"\r\n\r\n" + body):
        piece = client.recv(4096)
        if not piece:
            return False
        answer += piece
    return answer.startswith(b"HTTP/1.1 200 ")


def check_answer(server, is_json=False, is_tls=False):
    """Whether the server answers as it should; a line with its TLS."""
    with socket.create_connection(("127.0.0.1", int(server.port)), timeout=10) as plain:
        client = client_context().wrap_socket(plain) if is_tls else plain
        post = (b"POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n" % len(DATA)) + DATA
        client.sendall(post if is_json else GET)
        if not receive(client, DATA if is_json else GREETING):
            raise ServerFailed("the answer is wrong")
        line = {"tls": f"{client.version()} {client.cipher()[0]}"} if is_tls else {}
        client.close()
        return line


def resident(pid):
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * PAGE


def most_connections():
    """As many as there are descriptors for, with some to spare."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - 500


def idle(server, count, is_tls):
    """The resident memory of a connection that has had one answer and then says nothing."""
    count = min(count, most_connections())
    context = client_context() if is_tls else None
    clients, errors = [], 0

    def connect(more):
        wrong = 0
        for _ in range(more):
            client = socket.create_connection(("127.0.0.1", int(server.port)), timeout=10)
            if context:
                client = context.wrap_socket(client)
            clients.append(client)
            client.sendall(GET)
            wrong += not receive(client, GREETING)
        return wrong

    try:
        errors += connect(FIRST)
        before = resident(server.pid)
        errors += connect(count - FIRST)
        after = resident(server.pid)
    finally:
        for client in clients:
            client.close()
    return {"connections": count, "bytes_per_connection": (after - before) / (count - FIRST), "errors": errors,
            "resident_at_first": before}
