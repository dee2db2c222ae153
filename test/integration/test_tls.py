# SPDX-License-Identifier: Apache-2.0
"""TLS to clients and to upstreams."""
import socket
import ssl
import subprocess

import pytest

from harness import objects
from harness.certificates import Authority
from harness.clients import CurlFailed, curl
from harness.gateway import Stack, sluicectl
from harness.objects import rule
from harness.ports import free_port
from harness.upstreams import ScriptedUpstream, ok


def secret_of(name, pair):
    certificate, key = pair
    return objects.secret(name, certificate.read_text(), key.read_text())


class TlsStack(Stack):
    def __init__(self, folder, blue):
        self.ca = Authority(folder / "ca")
        self.tls_port = free_port()
        port = free_port()
        super().__init__(
            folder,
            secret_of("a", self.ca.leaf("a.test")),
            secret_of("b", self.ca.leaf("b.test", "*.b.test", stem="b")),
            objects.backend("blue", blue.port),
            objects.route("main", "edge", [rule("blue")]),
            listeners=[
                objects.http_listener(port),
                objects.https_listener(self.tls_port, "a", name="a", hostname="a.test"),
                objects.https_listener(self.tls_port, "b", name="b", hostname="*.b.test"),
            ],
        )
        self.port = port

    def get_tls(self, name, *args, path="/", **how):
        """`name` is what the handshake asks for, and the host unless `host` is given."""
        return curl(
            f"https://{name}:{self.tls_port}{path}", "--cacert", str(self.ca.certificate),
            "--resolve", f"{name}:{self.tls_port}:127.0.0.1", *args, **how)

    def handshake(self, name, *args):
        return subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.tls_port}", "-servername", name,
             "-CAfile", str(self.ca.certificate), *args],
            input="", capture_output=True, text=True, errors="replace", timeout=20)

    def serial(self, name):
        told = self.handshake(name).stdout
        pem = told[told.index("-----BEGIN"):told.index("-----END CERTIFICATE-----") + 25]
        return subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, text=True,
                              capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def tls(tmp_path_factory, blue):
    with TlsStack(tmp_path_factory.mktemp("tls"), blue) as stack:
        yield stack


def test_server_name_chooses_the_certificate(tls):
    assert tls.get_tls("a.test").status == 200
    assert tls.get_tls("x.b.test").status == 200  # curl checks the names


def test_unknown_server_name_is_refused(tls):
    with pytest.raises(CurlFailed):
        tls.get_tls("c.test", "--insecure")


@pytest.mark.parametrize("flag, version", [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_versions_spoken(tls, flag, version):
    told = tls.handshake("a.test", flag)
    assert version in told.stdout
    assert "Verify return code: 0" in told.stdout


def test_old_versions_are_refused(tls):
    assert tls.handshake("a.test", "-tls1_1").returncode != 0


@pytest.mark.parametrize("offered, chosen", [("h2,http/1.1", "h2"), ("http/1.1", "http/1.1")])
def test_alpn(tls, offered, chosen):
    assert f"ALPN protocol: {chosen}" in tls.handshake("a.test", "-alpn", offered).stdout


def test_http2_over_tls(tls):
    answer = tls.get_tls("a.test", "--http2")
    assert (answer.status, answer.version) == (200, "HTTP/2")


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_a_host_of_another_listener_is_421(tls, version):
    before = len(tls.log_lines())
    answer = tls.get_tls("a.test", version, host="x.b.test")
    assert answer.status == 421
    assert answer.header("content-type") == "application/problem+json"
    assert answer.json()["reason"] == "misdirected-request"
    assert tls.logged(since=before, code=421)["flags"] == "NR"
    assert tls.get_tls("x.b.test", version, host="a.test").status == 421


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_a_host_that_no_listener_has_is_404(tls, version):
    assert tls.get_tls("a.test", version, host="c.test").status == 404


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_hosts_of_one_wildcard_listener_share_its_connections(tls, version):
    assert tls.get_tls("x.b.test", version, host="y.b.test").status == 200
    assert tls.get_tls("x.b.test", version, host=f"y.b.test:{tls.tls_port}").status == 200


def test_a_wildcard_certificate_does_not_lend_itself_to_a_listener_of_its_own(tmp_path, blue):
    """Both hosts are under one certificate, so that a browser sends both on one connection."""
    ca = Authority(tmp_path / "ca")
    port = free_port()
    listeners = [
        objects.https_listener(port, "wild", name="wild", hostname="*.w.test"),
        objects.https_listener(port, "wild", name="own", hostname="own.w.test"),
    ]
    with Stack(tmp_path, secret_of("wild", ca.leaf("w.test", "*.w.test")),
               objects.backend("blue", blue.port), objects.route("main", "edge", [rule("blue")]),
               listeners=listeners) as stack:
        def get(handshake, host):
            return curl(f"https://{handshake}:{port}/", "--http2", "--cacert", str(ca.certificate),
                        "--resolve", f"{handshake}:{port}:127.0.0.1", host=host).status

        assert get("own.w.test", "own.w.test") == 200
        assert get("x.w.test", "y.w.test") == 200
        assert get("x.w.test", "own.w.test") == 421
        assert get("own.w.test", "x.w.test") == 421
        assert stack.proxy.alive()


def test_plain_text_on_the_tls_port_gets_no_answer(tls):
    with socket.create_connection(("127.0.0.1", tls.tls_port), timeout=20) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert b"HTTP/1.1 200" not in connection.recv(4096)


def test_a_new_certificate_serves_new_handshakes_and_keeps_old_connections(tls):
    before = tls.serial("a.test")
    context = ssl.create_default_context(cafile=str(tls.ca.certificate))
    ask = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
    with socket.create_connection(("127.0.0.1", tls.tls_port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname="a.test") as connection:
            connection.sendall(ask)
            assert connection.recv(12).startswith(b"HTTP/1.1 200")
            tls.control.apply_live(secret_of("a", tls.ca.leaf("a.test", stem="a-renewed")))
            assert tls.serial("a.test") != before
            connection.recv(65536)
            connection.sendall(ask)
            assert b"200" in connection.recv(65536)


def test_a_key_of_another_certificate_is_reported_and_the_old_one_serves(tls):
    _, other_key = tls.ca.leaf("a.test", stem="other")
    before = tls.serial("a.test")
    certificate = (tls.ca.folder / "a.test.crt").read_text()
    mixed = objects.secret("a", certificate, other_key.read_text())
    refused = tls.control.apply(mixed, args=("--strict",), check=False)
    assert refused.returncode == 3
    assert "data[tls.key]" in refused.stderr and "does not belong" in refused.stderr
    offline = sluicectl("validate", "-f", "-", text=objects.to_yaml(mixed))
    assert "data[tls.key]" in offline.stderr and "does not belong" in offline.stderr
    told = tls.control.apply(mixed)
    assert "data[tls.key]" in told.stderr and "does not belong" in told.stderr
    listener = tls.control.get("gateways", "edge")["status"]["listeners"][1]
    (unresolved,) = [c for c in listener["conditions"] if c["type"] == "ResolvedRefs"]
    assert (unresolved["status"], unresolved["reason"]) == ("False", "InvalidCertificateRef")
    assert "Secret default/a" in unresolved["message"]
    tls.control.until("the refusal in the fleet",
                      lambda: "key" in str(tls.control.fleet()).lower())
    assert tls.serial("a.test") == before
    mended = tls.control.apply_live(secret_of("a", tls.ca.leaf("a.test", stem="again")))
    assert mended.stderr == ""
    assert tls.serial("a.test") != before


def test_an_expired_certificate_is_a_warning(tls):
    old = tls.ca.leaf("old.test", stem="old", days=0)
    told = tls.control.apply(secret_of("old", old))
    assert "data[tls.crt]" in told.stderr and "expired" in told.stderr
    assert tls.control.apply(secret_of("old", old), args=("--strict",),
                             check=False).returncode == 3


def tls_policy(name, target, hostname, config_map):
    return objects.thing(
        objects.GATEWAY_API, "BackendTLSPolicy", name,
        {
            "targetRefs": [{"group": "sluice.dev", "kind": "Backend", "name": target}],
            "validation": {
                "hostname": hostname,
                "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": config_map}],
            },
        })


@pytest.fixture
def tls_backend(edge, tmp_path):
    ca = Authority(tmp_path / "ca")
    with ScriptedUpstream(lambda head, body: ok(b"over tls"), tls=ca.leaf("inside.test")) as server:
        edge.apply(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": edge.name("ca")},
             "data": {"ca.crt": ca.certificate.read_text()}})
        edge.backend("tls", server.port)
        edge.route(rule(edge.name("tls")))
        yield server


def test_tls_to_the_upstream(edge, tls_backend):
    edge.apply(tls_policy(edge.name("p"), edge.name("tls"), "inside.test", edge.name("ca")))
    assert edge.get().body == b"over tls"


def test_an_upstream_with_another_name_is_not_spoken_to(edge, tls_backend):
    edge.apply(tls_policy(edge.name("p"), edge.name("tls"), "another.test", edge.name("ca")))
    assert edge.get().status == 503
    assert tls_backend.count() == 0
    assert "UF" in edge.logged(code=503)["flags"]


def test_an_upstream_of_an_unknown_authority_is_not_spoken_to(edge, tls_backend, tmp_path):
    stranger = Authority(tmp_path / "stranger")
    edge.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": edge.name("ca")},
         "data": {"ca.crt": stranger.certificate.read_text()}},
        tls_policy(edge.name("p"), edge.name("tls"), "inside.test", edge.name("ca")))
    assert edge.get().status == 503
    assert tls_backend.count() == 0
