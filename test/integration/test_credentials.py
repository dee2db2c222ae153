# SPDX-License-Identifier: Apache-2.0
"""Off the loopback's trust: TLS and credentials between proxies and control plane."""
import signal
import subprocess

import pytest

from harness import objects
from harness.certificates import Authority
from harness.clients import CurlFailed, RawConnection, curl
from harness.gateway import Control, Proxy, sluicectl
from harness.objects import rule
from harness.ports import accepts, free_port
from harness.process import program

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


OPERATORS = """
token        write-secret-0123456789  ci    write
token        read-secret-0123456789   dash  read
certificate  ops.test                 ops   write
"""
SECRETS = ["write-secret-0123456789", "read-secret-0123456789", "good-secret-0123456789",
           "other-secret-0123456789", "new-secret-0123456789"]


def secret_file(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


class Guarded:
    """A control plane whose three ports ask for TLS and a credential; its files can change."""

    def __init__(self, tmp_path):
        self.folder = tmp_path
        self.ca = Authority(tmp_path / "ca")
        made, key = self.ca.leaf("127.0.0.1", "localhost", stem="control")
        self.certificate, self.key = tmp_path / "tls.crt", tmp_path / "tls.key"
        self.certificate.write_bytes(made.read_bytes())
        secret_file(self.key, key.read_text())
        self.client_ca = tmp_path / "clients.crt"
        self.client_ca.write_bytes(self.ca.certificate.read_bytes())
        self.proxies = secret_file(tmp_path / "proxies", GRANTS)
        self.operators = secret_file(tmp_path / "operators", OPERATORS)
        self.control = Control(tmp_path, args=[
            "--tls-cert", self.certificate, "--tls-key", self.key, "--client-ca", self.client_ca,
            "--token-file", self.proxies, "--api-token-file", self.operators])

    def rest(self, path="/revision", *args, token=None, ca=None, **how):
        if token:
            args += ("-H", f"Authorization: Bearer {token}")
        return curl(f"https://127.0.0.1:{self.control.ports['rest']}{path}", "--cacert",
                    str((ca or self.ca).certificate), *args, **how)

    def api_flags(self, token):
        file = secret_file(self.folder / f"token-{token}", token + "\n")
        return ["--server", f"127.0.0.1:{self.control.ports['api']}", "--ca", self.ca.certificate,
                "--token-file", file]

    def reload(self, expect="are read again"):
        """SIGHUP, and the log's word about it."""
        before = len(self.control.log())
        self.control.send(signal.SIGHUP)
        self.control.until(f"the log says {expect!r}",
                           lambda: expect in self.control.log()[before:])
        return self.control.log()[before:]


@pytest.fixture
def closed(tmp_path):
    made = Guarded(tmp_path)
    with made.control:
        yield made
        made.control.require_alive()
        for secret in SECRETS:
            assert secret not in made.control.log()


def test_rest_over_tls_takes_a_token_or_a_certificate(closed):
    assert closed.rest(token="read-secret-0123456789").status == 200
    refused = closed.rest()
    assert refused.status == 401
    assert refused.header("www-authenticate") == "Bearer"
    assert refused.header("content-type") == "application/problem+json"
    assert closed.rest(token="good-secret-0123456789").status == 401  # a proxy's
    certificate, key = closed.ca.leaf("ops.test", client=True)
    assert closed.rest("/revision", "--cert", certificate, "--key", key).status == 200
    stranger, key = Authority(closed.folder / "x").leaf("ops.test", client=True)
    with pytest.raises(CurlFailed):
        closed.rest("/revision", "--cert", stranger, "--key", key)


def test_rest_shows_a_reader_no_secret_and_takes_nothing_from_it(closed):
    text = objects.to_yaml(objects.backend("one", 9001)).encode()
    assert closed.rest("/apply", token="read-secret-0123456789", data=text).status == 403
    assert closed.rest("/apply", token="write-secret-0123456789", data=text).status == 200


def test_sighup_ends_what_a_withdrawn_token_has_open_and_nothing_else(closed):
    token = secret_file(closed.folder / "new", "new-secret-0123456789\n")
    closed.proxies.write_text(GRANTS + "token new-secret-0123456789 default/edge\n")
    closed.reload()
    ctl = closed.api_flags("write-secret-0123456789")
    sluicectl(*ctl, "apply", "-f", "-", text=objects.to_yaml(
        objects.gateway_class(), objects.gateway("edge", [objects.http_listener(free_port())])))
    with proxy_with(closed.folder, closed.control, closed.ca, "good-secret-0123456789",
                    "stays") as stays, \
            Proxy(closed.folder, closed.control.ports["xds"], node_id="goes", wait=False,
                  args=["--control-ca", closed.ca.certificate, "--control-token-file",
                        token]) as goes:
        stays.wait_ready()
        goes.wait_ready()
        closed.proxies.write_text(GRANTS)
        assert "1 open calls" in closed.reload()
        goes.until("its log tells why", lambda: "withdrawn" in goes.log())
        goes.until("it is let in no more", lambda: "not known here" in goes.log())
        assert goes.is_ready(), "it serves on with what it has"
        assert "withdrawn" not in stays.log()
        sluicectl(*ctl, "apply", "--wait", "-f", "-",
                  text=objects.to_yaml(objects.backend("late", 9001)))
        assert "stream ended" in goes.log()
        assert "stream ended" not in stays.log()


def test_sighup_ends_a_watch_of_a_withdrawn_token(closed):
    command = [program("sluicectl"), "get", "backends", "--watch",
               *map(str, closed.api_flags("read-secret-0123456789"))]
    watch = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        writer = closed.api_flags("write-secret-0123456789")
        sluicectl(*writer, "apply", "-f", "-", text=objects.to_yaml(objects.backend("one", 9001)))
        assert "one" in watch.stdout.readline()
        closed.operators.write_text(OPERATORS.replace("token        read", "# token read"))
        closed.reload()
        _, told = watch.communicate(timeout=20)
        assert watch.returncode == 4
        assert "the credential was withdrawn" in told
        assert closed.rest(token="read-secret-0123456789").status == 401
        assert closed.rest(token="write-secret-0123456789").status == 200
    finally:
        # A watch that is still let in ends by nothing else.
        watch.kill()
        watch.communicate()


def test_sighup_takes_another_certificate_and_client_ca(closed):
    ops, ops_key = closed.ca.leaf("ops.test", client=True)
    next_ca = Authority(closed.folder / "next")
    certificate, key = next_ca.leaf("127.0.0.1", stem="control")
    closed.certificate.write_bytes(certificate.read_bytes())
    closed.key.write_bytes(key.read_bytes())
    closed.client_ca.write_bytes(next_ca.certificate.read_bytes())
    closed.reload()
    with pytest.raises(CurlFailed):
        closed.rest(token="read-secret-0123456789")
    assert closed.rest(token="read-secret-0123456789", ca=next_ca).status == 200
    with pytest.raises(CurlFailed):
        closed.rest("/revision", "--cert", ops, "--key", ops_key, ca=next_ca)
    ops, ops_key = next_ca.leaf("ops.test", client=True)
    assert closed.rest("/revision", "--cert", ops, "--key", ops_key, ca=next_ca).status == 200
    api = closed.api_flags("read-secret-0123456789")
    assert sluicectl(*api, "get", "backends", check=False).returncode == 4
    api[api.index("--ca") + 1] = next_ca.certificate
    sluicectl(*api, "get", "backends")


@pytest.mark.parametrize("file, text, reason", [
    ("operators", "token new-secret-0123456789 ci admin\n", "line 1: does not end with read or"),
    ("operators", "", "is empty"),
    ("proxies", "new-secret-0123456789 default/edge\n", "line 1: does not start with token"),
    ("key", None, "the key is not the certificate's"),
    ("certificate", "rubbish", "the certificate cannot be read"),
    ("client_ca", "rubbish", "the client CA holds no certificate"),
])
def test_files_that_will_not_do_leave_the_old_in_force(closed, file, text, reason):
    if text is None:
        text = closed.ca.leaf("other.test")[1].read_text()
    getattr(closed, file).write_text(text)
    told = closed.reload(reason)
    assert "stays in force" in told
    assert closed.rest(token="read-secret-0123456789").status == 200
    assert closed.rest(token="write-secret-0123456789").status == 200


def refused_start(tmp_path, *args):
    done = subprocess.run([program("sluice-control"), "--data-dir", tmp_path / "data",
                           "--xds-listen", "127.0.0.1:0", "--api-listen", "127.0.0.1:0",
                           "--rest-listen", "127.0.0.1:0", *args],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize("flag, line", [
    ("--token-file", "certificate edge.test default/edge\n"),
    ("--api-token-file", "certificate ops.test ops write\n"),
])
def test_certificates_that_no_ca_verifies_are_refused_at_the_start(tmp_path, flag, line):
    told = refused_start(tmp_path, flag, secret_file(tmp_path / "table", line))
    assert "no client CA verifies them" in told
    assert flag in told


def test_no_port_opens_off_loopback_without_tls_and_a_credential(tmp_path):
    ca = Authority(tmp_path / "ca")
    certificate, key = ca.leaf("127.0.0.1", stem="control")
    key.chmod(0o600)
    for port in ("xds", "api", "rest"):
        listen = [f"--{port}-listen", "0.0.0.0:0"]
        assert "TLS is required" in refused_start(tmp_path, *listen)
        assert "a credential is required" in refused_start(
            tmp_path, *listen, "--tls-cert", certificate, "--tls-key", key)


def test_a_secret_that_others_can_read_is_warned_of(tmp_path):
    table = secret_file(tmp_path / "table", OPERATORS.replace("certificate", "# certificate"))
    table.chmod(0o640)
    with Control(tmp_path, args=["--api-token-file", table]) as control:
        assert f"--api-token-file: {table} has mode 0640: others can read it" in control.log()


def test_sluicectl_sends_no_token_in_the_clear_to_another_machine(tmp_path):
    token = secret_file(tmp_path / "token", "read-secret-0123456789\n")
    done = sluicectl("--server", "control.test:15020", "--token-file", token, "get", "backends",
                     check=False)
    assert done.returncode == 2
    assert "--ca" in done.stderr


def test_a_client_that_only_connects_does_not_keep_others_out(closed):
    idle = [RawConnection(closed.control.ports["rest"]) for _ in range(20)]
    assert closed.rest(token="read-secret-0123456789").status == 200
    for connection in idle:
        connection.close()
