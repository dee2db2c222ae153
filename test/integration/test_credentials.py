# SPDX-License-Identifier: Apache-2.0
"""Off the loopback's trust: TLS and credentials between proxies and control plane."""
import pytest

from harness import objects
from harness.certificates import Authority
from harness.gateway import Control, Proxy
from harness.objects import rule
from harness.ports import accepts, free_port

GRANTS = """
token        good-secret-0123456789   default/edge
token        other-secret-0123456789  default/other
"""


@pytest.fixture
def guarded(tmp_path):
    """A control plane that asks for TLS and a token; yields (control, ca)."""
    ca = Authority(tmp_path / "ca")
    certificate, key = ca.leaf("127.0.0.1", "localhost", stem="control")
    table = tmp_path / "credentials"
    table.write_text(GRANTS)
    table.chmod(0o600)
    with Control(tmp_path, args=["--tls-cert", certificate, "--tls-key", key,
                                 "--token-file", table]) as control:
        yield control, ca


def proxy_with(tmp_path, control, ca, secret, node_id):
    token = tmp_path / f"token-{node_id}"
    token.write_text(secret + "\n")
    token.chmod(0o600)
    return Proxy(tmp_path, control.ports["xds"], node_id=node_id, wait=False,
                 args=["--control-ca", ca.certificate, "--control-token-file", token])


def test_a_proxy_with_its_token_is_served(tmp_path, guarded):
    control, ca = guarded
    with proxy_with(tmp_path, control, ca, "good-secret-0123456789", "good") as proxy:
        proxy.wait_ready()


@pytest.mark.parametrize("secret", ["wrong-secret-0123456789", "other-secret-0123456789"])
def test_a_token_of_nobody_or_of_another_gateway_is_refused(tmp_path, guarded, secret):
    control, ca = guarded
    with proxy_with(tmp_path, control, ca, secret, "bad") as proxy:
        proxy.until("the admin", lambda: accepts(proxy.admin_port))
        proxy.until("the reason in its log",
                    lambda: any(word in proxy.log() for word in ("UNAUTHENTICATED",
                                                                 "PERMISSION_DENIED", "refused")))
        assert not proxy.is_ready()
        assert secret not in proxy.log() + control.log()


def test_a_proxy_does_not_talk_to_a_control_plane_of_another_authority(tmp_path, guarded):
    control, _ = guarded
    stranger = Authority(tmp_path / "stranger")
    with proxy_with(tmp_path, control, stranger, "good-secret-0123456789", "careful") as proxy:
        proxy.until("the admin", lambda: accepts(proxy.admin_port))
        proxy.until("a word about the certificate", lambda: "certificate" in proxy.log().lower())
        assert not proxy.is_ready()


def test_private_keys_are_not_in_the_dump_nor_readable_by_others(tmp_path, stack):
    ca = Authority(tmp_path / "ca")
    certificate, key = ca.leaf("a.test")
    port = free_port()
    stack.control.apply_live(
        objects.secret("a", certificate.read_text(), key.read_text()),
        objects.gateway("edge", [objects.http_listener(stack.port),
                                 objects.https_listener(port, "a")]))
    secret_line = key.read_text().splitlines()[1]
    dump = stack.proxy.admin("/config_dump").body.decode()
    assert secret_line not in dump
    assert "a" in dump
    for path in stack.proxy.state_dir.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def test_routes_of_one_gateway_are_not_told_to_another(tmp_path, stack, blue):
    other_port = free_port()
    stack.control.apply(
        objects.gateway("other", [objects.http_listener(other_port)]),
        objects.backend("elsewhere", blue.port),
        objects.route("hidden", "other", [rule("elsewhere")], ["hidden.test"]))
    stack.control.apply_live(objects.route("main", "edge", [rule("green")]))
    assert "hidden.test" not in stack.proxy.admin("/config_dump").body.decode()
