# SPDX-License-Identifier: MIT
"""nginx as a peer, and the certificate that all servers show."""

import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

from comparison.programs import pinned
from comparison.servers import ServerFailed, free_port

CONFIG = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
worker_rlimit_nofile 20000;
events {{ worker_connections 15000; }}
http {{
    access_log off; keepalive_requests 1000000000; keepalive_timeout 75s; tcp_nodelay on;
    default_type "text/plain; charset=utf-8";
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{port} {listen};
        {tls}
        location / {{ return 200 "Hello, World!"; }}
    }}
}}
"""
TLS = """ssl_certificate {0}; ssl_certificate_key {1}; ssl_protocols TLSv1.2 TLSv1.3;
        ssl_prefer_server_ciphers on; ssl_session_cache none; ssl_session_tickets on;"""
LISTEN = {"http1": "", "http2": "http2", "tls": "ssl"}


def find_nginx():
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


class Nginx:
    """nginx with one process, for a `with` block."""

    def __init__(self, protocol, certificate, cpus):
        # pylint: disable=consider-using-with
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        config = Path(self.folder.name) / "nginx.conf"
        tls = TLS.format(certificate.chain, certificate.key) if protocol == "tls" else ""
        config.write_text(CONFIG.format(folder=self.folder.name, port=self.port, listen=LISTEN[protocol], tls=tls),
                          encoding="utf-8")
        command = [find_nginx(), "-p", self.folder.name, "-c", str(config)]
        self.process = subprocess.Popen(pinned(command, cpus), stderr=subprocess.DEVNULL)
        self.pid = self.process.pid

    def __enter__(self):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        self.__exit__()
        raise ServerFailed("nginx did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def check(self):
        if self.process.poll() is not None:
            raise ServerFailed("nginx ended under load")


class Certificate:
    """A certificate of its own for P-256, for a `with` block. `chain` is None where there is no openssl."""

    def __enter__(self):
        # pylint: disable=consider-using-with
        self.folder = tempfile.TemporaryDirectory()
        self.chain, self.key = (str(Path(self.folder.name) / name) for name in ("chain.pem", "key.pem"))
        if not shutil.which("openssl"):
            self.chain = None
            return self
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", self.key, "-out", self.chain, "-days", "2", "-subj", "/CN=localhost"], check=True,
                       capture_output=True)
        return self

    def __exit__(self, *_):
        self.folder.cleanup()


def client_context():
    """Of a client that trusts everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
