# SPDX-License-Identifier: Apache-2.0
"""sluice-proxy on a bootstrap made for one suite."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from harness.ports import free_port  # noqa: E402

BIN = pathlib.Path(
    os.environ.get("SLUICE_BIN", pathlib.Path(__file__).resolve().parents[2] / "bin")).resolve()
TYPES = "type.googleapis.com/envoy.extensions."
OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def await_port(port, child, seconds=20):
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if child.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"nothing listens on port {port}") from None
            time.sleep(0.02)


def _address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _downstream_tls(certificate, key, alpn, client_ca):
    common = {
        "alpn_protocols": alpn,
        "tls_certificates": [{"certificate_chain": {"filename": str(certificate)},
                              "private_key": {"filename": str(key)}}],
    }
    if client_ca:
        common["validation_context"] = {"trusted_ca": {"filename": str(client_ca)}}
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": TYPES + "transport_sockets.tls.v3.DownstreamTlsContext",
            "require_client_certificate": bool(client_ca),
            "common_tls_context": common,
        },
    }


def bootstrap(listen_port, upstream_port, upstream_http2, tls=None, alpn=("h2", "http/1.1"),
              client_ca=None):
    """tls: (certificate file, key file)."""
    chain = {"filters": [{
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": TYPES + "filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "in",
            "stream_idle_timeout": "0s",
            "http_protocol_options": {"enable_trailers": True},
            "http_filters": [{
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": TYPES + "filters.http.router.v3.Router"},
            }],
            "route_config": {"name": "all", "virtual_hosts": [{
                "name": "all", "domains": ["*"],
                "routes": [{"match": {"prefix": "/"},
                            "route": {"cluster": "up", "timeout": "0s"}}]}]},
        },
    }]}
    if tls:
        chain["transport_socket"] = _downstream_tls(*tls, list(alpn), client_ca)
    version = {"http2_protocol_options": {}} if upstream_http2 else {
        "http_protocol_options": {"enable_trailers": True}}
    return {
        "node": {"id": "suite", "cluster": "suite"},
        "static_resources": {
            "listeners": [{"name": "in", "address": _address(listen_port),
                           "filter_chains": [chain]}],
            "clusters": [{
                "name": "up",
                "type": "STATIC",
                "connect_timeout": "5s",
                "typed_extension_protocol_options": {OPTIONS: {
                    "@type": "type.googleapis.com/" + OPTIONS, "explicit_http_config": version}},
                "load_assignment": {"cluster_name": "up", "endpoints": [{"lb_endpoints": [
                    {"endpoint": {"address": _address(upstream_port)}}]}]},
            }],
        },
    }


class SuiteProxy:
    """The proxy, running; a context manager. `log` is a file object for what it says."""

    def __init__(self, folder, upstream_port, upstream_http2, log, **more):
        self.port = free_port()
        path = pathlib.Path(folder) / f"bootstrap-{self.port}.json"
        path.write_text(json.dumps(bootstrap(self.port, upstream_port, upstream_http2, **more)))
        self._child = subprocess.Popen(
            [str(BIN / "sluice-proxy"), "-c", str(path), "--concurrency", "1",
             "--admin-listen="],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            await_port(self.port, self._child)
        except RuntimeError:
            self.stop()
            raise

    def stop(self):
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
