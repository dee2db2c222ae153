# SPDX-License-Identifier: Apache-2.0
"""Handshakes that want in where they should not (TLS)."""
import json
import socket
import ssl
import struct
import subprocess

import pytest

from harness import objects
from harness.certificates import Authority
from harness.clients import RawConnection
from harness.gateway import Stack
from harness.objects import policy, rule
from harness.ports import free_port
from harness.process import Process, program


@pytest.fixture(scope="module")
def tls(tmp_path_factory, blue):
    folder = tmp_path_factory.mktemp("tls-attacks")
    ca = Authority(folder / "ca")
    certificate, key = ca.leaf("a.test")
    port = free_port()
    with Stack(
        folder,
        objects.secret("a", certificate.read_text(), key.read_text()),
        objects.backend("blue", blue.port),
        objects.route("main", "edge", [rule("blue")]),
        policy("ClientPolicy", "quick", "Gateway", "edge", timeouts={"tlsHandshake": "1s"}),
        listeners=[objects.https_listener(port, "a", hostname="a.test")],
    ) as stack:
        stack.port = port
        stack.ca = ca
        yield stack


def s_client(stack, *args, text=""):
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{stack.port}", "-servername", "a.test",
         "-CAfile", str(stack.ca.certificate), *args],
        input=text, capture_output=True, text=True, errors="replace", timeout=30)


def still_serves(stack):
    context = ssl.create_default_context(cafile=stack.ca.certificate)
    with socket.create_connection(("127.0.0.1", stack.port), 10) as raw:
        with context.wrap_socket(raw, server_hostname="a.test") as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
            return peer.recv(12) == b"HTTP/1.1 200"


def client_hello(name):
    """The bytes of a ClientHello, made by Python's OpenSSL, with a server name of any bytes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    stand_in = ("x" * 50 + ".") * (len(name) // 51) + "x" * (len(name) % 51)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    handshake = context.wrap_bio(incoming, outgoing, server_hostname=stand_in)
    with pytest.raises(ssl.SSLWantReadError):
        handshake.do_handshake()
    return outgoing.read().replace(stand_in.encode(), name)


def test_tls_01_renegotiation_is_refused(tls):
    told = s_client(tls, "-tls1_2", "-alpn", "http/1.1", text="R\n")
    assert "RENEGOTIATING" in told.stdout + told.stderr
    assert told.returncode != 0 or "alert" in told.stderr or "error" in told.stderr
    assert still_serves(tls)


@pytest.mark.parametrize("record", [
    b"\x15\x03\x03\x00\x02\x02\xfe",  # An alert that nobody knows.
    b"\x15\x03\x03\x00\x02\x01\xfe" * 1000,
    b"\x16\x03\x03\x00\x00" * 1000,  # Empty records.
    b"\x17\x03\x03\x00\x05hello",  # Data before a handshake.
    b"\x80\x2e\x01\x03\x01" + b"\0" * 64,  # SSL 2.
    b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
], ids=["alert", "warnings", "empty-records", "early-data", "sslv2", "plain"])
def test_tls_01_odd_records_end_the_connection(tls, record):
    with RawConnection(tls.port) as connection:
        try:
            connection.send(record)
            while connection.socket.recv(4096):
                pass
        except ConnectionError:
            pass
    assert still_serves(tls)


@pytest.mark.parametrize("name", [
    b"a.test\r\nx: y", b'a".test', b"a.test\0b", b"*.test", b"*", b"n" * 250, b"\xff\xfe.test",
    b"127.0.0.1",
], ids=["crlf", "quote", "nul", "wildcard", "star", "long", "not-ascii", "address"])
def test_tls_04_a_server_name_that_is_no_name_gets_no_handshake(tls, name):
    with RawConnection(tls.port) as connection:
        connection.send(client_hello(name))
        first = b""
        try:
            first = connection.socket.recv(4096)
        except ConnectionError:
            pass
        assert first[:1] in (b"", b"\x15"), first[:20]  # Closed, or an alert; no ServerHello.
    assert still_serves(tls)
    assert "\r" not in tls.proxy.log()


def test_tls_03_a_hello_in_many_records_finds_its_chain(tls):
    whole = client_hello(b"a.test")
    body = whole[5:]
    with RawConnection(tls.port) as connection:
        for at in range(0, len(body), 40):
            piece = body[at:at + 40]
            connection.send(b"\x16\x03\x01" + struct.pack(">H", len(piece)) + piece)
        assert connection.socket.recv(1) == b"\x16"


@pytest.mark.parametrize("offered, spoken", [
    ("h2", b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    ("http/1.1", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
])
def test_tls_09_the_codec_follows_alpn(tls, offered, spoken):
    context = ssl.create_default_context(cafile=tls.ca.certificate)
    context.set_alpn_protocols([offered])
    with socket.create_connection(("127.0.0.1", tls.port), 10) as raw:
        with context.wrap_socket(raw, server_hostname="a.test") as peer:
            assert peer.selected_alpn_protocol() == offered
            peer.sendall(spoken)
            got = b""
            while piece := peer.recv(4096):
                got += piece
    assert b"HTTP/1.1 2" not in got


def test_tls_09_no_common_protocol_is_no_connection(tls):
    told = s_client(tls, "-alpn", "spdy/3")
    assert "no application protocol" in told.stderr or "alert" in told.stderr


def test_tls_10_a_hello_that_trickles_runs_out_of_time(tls):
    hello = client_hello(b"a.test")
    with RawConnection(tls.port) as connection:
        connection.socket.settimeout(0.05)
        closed = False
        for byte in hello[:200]:
            try:
                connection.send(bytes([byte]))
                closed = connection.socket.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                closed = True
            if closed:
                break
        assert closed
    assert still_serves(tls)


def test_tls_10_a_hello_beyond_16_kib_is_refused(tls):
    body = b"\x01" + (20_000).to_bytes(3, "big") + b"\x03\x03" + b"\0" * 20_000
    with RawConnection(tls.port) as connection:
        try:
            for at in range(0, len(body), 16_000):
                piece = body[at:at + 16_000]
                connection.send(b"\x16\x03\x01" + struct.pack(">H", len(piece)) + piece)
            while connection.socket.recv(4096):
                pass
        except ConnectionError:
            pass
    assert still_serves(tls)


def test_tls_11_early_data_is_not_taken(tls):
    told = s_client(tls, "-tls1_3", "-alpn", "http/1.1")
    assert "TLSv1.3" in told.stdout  # Else what follows shows nothing.
    assert "Max Early Data: 0" in told.stdout or "Max Early Data" not in told.stdout


# ---- Client certificates: what asks for one is never entered by another door ---------------------


def chain(name, certificate, key, ca=None):
    common = {
        "alpn_protocols": ["http/1.1"],
        "tls_certificates": [{"certificate_chain": {"filename": str(certificate)},
                              "private_key": {"filename": str(key)}}],
    }
    context = {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
                 "DownstreamTlsContext",
        "common_tls_context": common,
    }
    if ca:
        common["validation_context"] = {"trusted_ca": {"filename": str(ca)}}
        context["require_client_certificate"] = True
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network."
                 "http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "route_config": {
            "name": name,
            "virtual_hosts": [{
                "name": name, "domains": ["*"],
                "routes": [{"match": {"prefix": "/"},
                            "direct_response": {"status": 200, "body": {"inline_string": name}}}],
            }],
        },
        "http_filters": [{
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http."
                                      "router.v3.Router"},
        }],
    }
    return {
        "name": name,
        "filter_chain_match": {"server_names": [name]},
        "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": context},
        "filters": [{"name": "envoy.filters.network.http_connection_manager",
                     "typed_config": manager}],
    }


class Guarded(Process):
    """A proxy with an open host and one that asks for a client certificate."""

    def __init__(self, folder):
        self.ca = Authority(folder / "ca")
        self.port, self.admin_port = free_port(), free_port()
        certificate, key = self.ca.leaf("open.test", "closed.test", stem="server")
        self.client = self.ca.leaf("client", client=True)
        bootstrap = {
            "node": {"id": "n", "cluster": "c"},
            "admin": {"address": {"socket_address": {"address": "127.0.0.1",
                                                     "port_value": self.admin_port}}},
            "static_resources": {"listeners": [{
                "name": "l",
                "address": {"socket_address": {"address": "127.0.0.1", "port_value": self.port}},
                "listener_filters": [{
                    "name": "envoy.filters.listener.tls_inspector",
                    "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters."
                                              "listener.tls_inspector.v3.TlsInspector"}}],
                "filter_chains": [
                    chain("open.test", certificate, key),
                    chain("closed.test", certificate, key, ca=self.ca.certificate),
                ],
            }]},
        }
        path = folder / "bootstrap.json"
        path.write_text(json.dumps(bootstrap))
        super().__init__("sluice-proxy", [program("sluice-proxy"), "-c", path,
                                          "--concurrency", "2"], folder)

    def context(self, with_certificate=False):
        context = ssl.create_default_context(cafile=self.ca.certificate)
        # TLS 1.2: the client's part of the handshake fails in the handshake, not at the first read.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        if with_certificate:
            context.load_cert_chain(*self.client)
        return context

    def ask(self, context, name, session=None):
        """Returns (body, session, whether it was resumed)."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as raw:
            with context.wrap_socket(raw, server_hostname=name, session=session) as peer:
                peer.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
                             .encode())
                got = b""
                while piece := peer.recv(4096):
                    got += piece
                return got.rpartition(b"\r\n\r\n")[2].decode(), peer.session, peer.session_reused


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with Guarded(tmp_path_factory.mktemp("guarded")) as proxy:
        proxy.until("it serves", lambda: proxy.ask(proxy.context(), "open.test"))
        yield proxy


def test_tls_03_the_closed_host_wants_its_certificate(guarded):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        guarded.ask(guarded.context(), "closed.test")
    assert guarded.ask(guarded.context(True), "closed.test")[0] == "closed.test"


@pytest.mark.parametrize("name", ["unknown.test", "127.0.0.1"])
def test_tls_03_another_name_is_no_way_around(guarded, name):
    context = guarded.context()
    context.check_hostname = False
    with pytest.raises((ssl.SSLError, ConnectionError)):
        guarded.ask(context, name)


def test_tls_05_a_session_of_the_open_host_does_not_open_the_closed_one(guarded):
    context = guarded.context()
    context.check_hostname = False
    body, session, _ = guarded.ask(context, "open.test")
    assert body == "open.test"
    _, _, resumed = guarded.ask(context, "open.test", session)
    assert resumed  # Else this test shows nothing.
    with pytest.raises((ssl.SSLError, ConnectionError)):
        guarded.ask(context, "closed.test", session)
