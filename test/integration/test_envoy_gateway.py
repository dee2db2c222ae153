# SPDX-License-Identifier: Apache-2.0
"""sluice-proxy in Envoy's place under Envoy Gateway, with files and the host. With --long only.

Envoy Gateway starts the proxy itself: it finds the program where its downloads would lie, and gives
it the flags, the bootstrap and the certificates that it makes for Envoy. Everything runs in a
network of its own, since Envoy Gateway listens on all addresses.
"""
import json
import os
import pathlib

import pytest

from harness import objects
from harness.certificates import Authority
from harness.clients import curl
from harness.namespace import Namespace
from harness.process import Process, program
from harness.wait import until

CACHE = pathlib.Path(os.environ.get("SLUICE_CACHE", pathlib.Path.home() / ".cache/sluice"))
PROGRAM = CACHE / "interop/envoy-gateway"
GROUP = "gateway.envoyproxy.io"
# A release that nobody has made, so that nothing is downloaded.
VERSION = "1.99.0"
PLAIN, TLS = 8888, 8443


def named(thing):
    thing["metadata"]["namespace"] = "default"
    return thing


class EnvoyGateway:
    def __init__(self, folder):
        self.folder = folder
        self.authority = Authority(folder / "ca")
        self.resources = folder / "resources"
        self.resources.mkdir()
        self.children = [Namespace(folder)]
        self.prefix = self.children[0].prefix
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        upstreams = {name: self._run("upstream-" + name, program("demo-upstream"), "--listen",
                                     "127.0.0.1:0", "--name", name) for name in ("blue", "green")}
        self.ports = {name: int(process.until("its port", lambda p=process: p.log().partition(
            "127.0.0.1:")[2].split()).pop(0)) for name, process in upstreams.items()}
        programs = self.folder / f"data/envoy-versions/{VERSION}/bin"
        programs.mkdir(parents=True)
        (programs / "envoy").symlink_to(program("sluice-proxy"))
        self.write("base", *self.base())
        self.write("certificate", self.secret("a.test"))
        self.write("routes", self.route("blue"))
        self.write("backends", *self.backends())
        config = self.folder / "envoy-gateway.yaml"
        config.write_text(objects.to_yaml(self.configuration()))
        self._run("certgen", PROGRAM, "certgen", "--local", "--config-home",
                  self.folder / "config").wait()
        self.gateway = self._run("envoy-gateway", PROGRAM, "server", "--config-path", config)
        self.gateway.until("the proxy's admin", self._admin_address, 60)
        self.gateway.until("the route", lambda: self.get("/").status == 200, 60)

    def _run(self, name, *args):
        process = Process(name, [*self.prefix, *args], self.folder)
        self.children.append(process)
        return process

    def _admin_address(self):
        found = sorted((self.folder / "run").glob("*/admin-address.txt"))
        return found[-1].read_text() if found else None

    def configuration(self):
        host = {f"{kind}{what}": str(self.folder / kind) for kind, what in (
            ("config", "Home"), ("data", "Home"), ("state", "Home"))}
        host["runtimeDir"] = str(self.folder / "run")
        return {
            "apiVersion": GROUP + "/v1alpha1", "kind": "EnvoyGateway",
            "gateway": {"controllerName": GROUP + "/gatewayclass-controller"},
            "provider": {"type": "Custom", "custom": {
                "resource": {"type": "File", "file": {"paths": [str(self.resources)]}},
                "infrastructure": {"type": "Host", "host": host}}},
            "extensionApis": {"enableBackend": True},
        }

    def write(self, name, *things):
        """Puts a file of resources into the folder that Envoy Gateway watches."""
        made = self.folder / (name + ".new")
        made.write_text(objects.to_yaml(*map(named, things)))
        made.rename(self.resources / (name + ".yaml"))

    def base(self):
        gateway = objects.gateway("eg", [
            objects.http_listener(PLAIN), objects.https_listener(TLS, "a", hostname="a.test")])
        gateway["spec"] = {"gatewayClassName": "eg", "listeners": gateway["spec"]["listeners"]}
        return [
            objects.thing(objects.GATEWAY_API, "GatewayClass", "eg", {
                "controllerName": GROUP + "/gatewayclass-controller",
                "parametersRef": {"group": GROUP, "kind": "EnvoyProxy", "name": "proxy",
                                  "namespace": "default"}}),
            objects.thing(GROUP + "/v1alpha1", "EnvoyProxy", "proxy", {
                "provider": {"type": "Host", "host": {"envoyVersion": VERSION}}}),
            gateway,
        ]

    def secret(self, *names, stem=None):
        certificate, key = self.authority.leaf(*names, stem=stem)
        return objects.secret("a", certificate.read_text(), key.read_text())

    @staticmethod
    def route(*backends, **more):
        made = objects.route("main", "eg", [
            {"matches": [objects.path_match("/edit")],
             "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {
                 "set": [{"name": "x-set", "value": "1"}]}},
                 {"type": "URLRewrite", "urlRewrite": {
                     "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}}}],
             "backendRefs": [EnvoyGateway.to(backends[0])]},
            {"matches": [objects.path_match("/go")],
             "filters": [{"type": "RequestRedirect", "requestRedirect": {
                 "hostname": "there.test", "statusCode": 301}}]},
            {"matches": [objects.path_match("/")],
             "backendRefs": [EnvoyGateway.to(name) for name in backends]},
        ])
        made["spec"].update(more)
        return made

    @staticmethod
    def to(name):
        return {"group": GROUP, "kind": "Backend", "name": name}

    def backends(self, **ports):
        return [objects.thing(GROUP + "/v1alpha1", "Backend", name, {"endpoints": [
            {"ip": {"address": "127.0.0.1", "port": ports.get(name, port)}}]})
            for name, port in self.ports.items()]

    def get(self, path, *args, **how):
        return curl(f"http://127.0.0.1:{PLAIN}{path}", *args, prefix=self.prefix, **how)

    def get_tls(self, *args, host="a.test"):
        return curl(f"https://a.test:{TLS}/", "--cacert", str(self.authority.certificate),
                    "--connect-to", f"a.test:{TLS}:127.0.0.1:{TLS}", *args, prefix=self.prefix)

    def admin(self, path):
        return curl(f"http://{self._admin_address()}{path}", prefix=self.prefix)

    def upstream(self):
        return self.get("/").json()["upstream"]

    def stop(self):
        for child in reversed(self.children):
            child.stop()


@pytest.fixture(scope="module")
def shared_gateway(request, tmp_path_factory):
    if not request.config.getoption("--long"):
        pytest.skip("with --long")
    if not PROGRAM.exists():
        pytest.fail(f"{PROGRAM} is missing: run tools/interop --gateway")
    gateway = EnvoyGateway(tmp_path_factory.mktemp("eg"))
    yield gateway
    gateway.stop()


@pytest.fixture
def gateway(shared_gateway):
    yield shared_gateway
    shared_gateway.write("routes", shared_gateway.route("blue"))
    shared_gateway.write("backends", *shared_gateway.backends())
    until("the first state", lambda: shared_gateway.upstream() == "blue", 30)


def test_it_serves_routes_and_filters(gateway):
    assert gateway.upstream() == "blue"
    told = gateway.get("/edit/x").json()
    assert told["path"] == "/new/x" and told["headers"]["x-set"] == "1"
    assert gateway.get("/go").header("location").startswith("http://there.test")


def test_it_serves_tls_to_h1_and_h2(gateway):
    assert gateway.get_tls().version == "HTTP/2"
    assert gateway.get_tls("--http1.1").json()["upstream"] == "blue"


def test_it_follows_a_change_of_route(gateway):
    gateway.write("routes", gateway.route("green"))
    until("the change", lambda: gateway.upstream() == "green", 30)
    gateway.write("routes", gateway.route("blue", "green"))
    until("both", lambda: {gateway.upstream() for _ in range(20)} == {"blue", "green"}, 30)


def test_it_follows_a_change_of_endpoints(gateway):
    gateway.write("backends", *gateway.backends(blue=gateway.ports["green"]))
    until("the change", lambda: gateway.upstream() == "green", 30)


def test_it_follows_a_change_of_certificate(gateway):
    new = Authority(gateway.folder / "second-ca")
    certificate, key = new.leaf("a.test")
    gateway.write("certificate", objects.secret("a", certificate.read_text(), key.read_text()))
    gateway.authority, old = new, gateway.authority
    try:
        until("the change", lambda: gateway.get_tls().status == 200, 30)
    finally:
        gateway.authority = old
    gateway.write("certificate", gateway.secret("a.test"))
    until("the old one", lambda: gateway.get_tls().status == 200, 30)


def test_what_it_sends_beyond_us_is_listed_by_name(gateway):
    listed = {(f["resource"].split(" ")[0], f["path"].rpartition(".")[2])
              for f in json.loads(gateway.admin("/fields").body)["unsupported_fields"]}
    assert {("bootstrap", "overload_manager"), ("listener", "suppress_envoy_headers"),
            ("cluster", "connection_keepalive")} <= listed


def test_what_it_sends_that_cannot_be_skipped_is_refused_by_name(gateway):
    """Its own port for readiness wants a filter that we do not have; the rest serves."""
    told = gateway.gateway.log()
    assert 'filter type "envoy.extensions.filters.http.health_check.v3.HealthCheck"' in told
    refused = [line for line in told.splitlines() if "refused from the control plane" in line]
    assert refused and all("envoy-gateway-proxy-ready" in line for line in refused)
