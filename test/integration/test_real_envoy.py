# SPDX-License-Identifier: Apache-2.0
"""Real Envoy in the place of sluice-proxy: the wire is the same. With --long only.

Each case runs with the incremental protocol and with the state of the world. What Envoy must never
do is refuse something, or warn of a field that is unknown or deprecated: each case ends by reading
its log and its counters.
"""
import re
import subprocess

import pytest
import yaml

from harness import objects
from harness.certificates import Authority
from harness.clients import curl
from harness.envoy import Envoy
from harness.gateway import Control
from harness.objects import path_match, rule
from harness.ports import free_port
from harness.process import ROOT
from harness.wait import until

QUICKSTART = ROOT / "deploy/examples/quickstart.yaml"


def bootstrap(api_type, xds_port, admin_port):
    def address(port):
        return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    source = {"resource_api_version": "V3", "ads": {}}
    return {
        "node": {"id": "envoy-1", "cluster": "default/quickstart"},
        "admin": {"address": address(admin_port)},
        # Without a limit Envoy warns.
        "overload_manager": {"resource_monitors": [{
            "name": "envoy.resource_monitors.global_downstream_max_connections",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.resource_monitors."
                         "downstream_connections.v3.DownstreamConnectionsConfig",
                "max_active_downstream_connections": 1000,
            },
        }]},
        "dynamic_resources": {
            "ads_config": {
                "api_type": api_type,
                "transport_api_version": "V3",
                "grpc_services": [{"envoy_grpc": {"cluster_name": "control"}}],
            },
            "lds_config": source,
            "cds_config": source,
        },
        "static_resources": {
            "clusters": [{
                "name": "control",
                "type": "STATIC",
                "connect_timeout": "2s",
                "typed_extension_protocol_options": {
                    options: {
                        "@type": "type.googleapis.com/" + options,
                        "explicit_http_config": {"http2_protocol_options": {}},
                    },
                },
                "load_assignment": {
                    "cluster_name": "control",
                    "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(xds_port)}}]}],
                },
            }],
        },
    }


class Edge:
    """Envoy under sluice-control, which serves the quickstart and a certificate."""

    def __init__(self, folder, api_type, blue, green):
        self.authority = Authority(folder / "ca")
        self.blue, self.green = blue, green
        self.plain, self.tls = free_port(), free_port()
        self.control = Control(folder)
        self.envoy = None
        try:
            self.control.apply(self.secret("a.test"), *self.quickstart())
            path = folder / "envoy.yaml"
            admin = free_port()
            path.write_text(yaml.safe_dump(bootstrap(api_type, self.control.ports["xds"], admin)))
            self.envoy = Envoy(folder, path, admin)
        except BaseException:
            self.stop()
            raise

    def quickstart(self):
        """The example that tools/quickstart applies, on free ports, and with a TLS listener."""
        ports = {8080: self.plain, 9001: self.blue.port, 9002: self.green.port}
        text = re.sub(r"port: (\d+)", lambda m: f"port: {ports[int(m[1])]}", QUICKSTART.read_text())
        things = list(yaml.safe_load_all(text))
        gateway = next(t for t in things if t["kind"] == "Gateway")
        gateway["spec"]["listeners"].append(
            objects.https_listener(self.tls, "a", hostname="a.test"))
        return things

    def secret(self, *names, stem=None):
        certificate, key = self.authority.leaf(*names, stem=stem)
        return objects.secret("a", certificate.read_text(), key.read_text())

    def upstream_of(self, path):
        return curl(f"http://127.0.0.1:{self.plain}{path}").json()["upstream"]

    def shown_certificate(self):
        """The names in the certificate that a client is shown."""
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.tls}", "-servername", "a.test"],
            input=b"", capture_output=True, timeout=20).stdout
        return subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], input=shown,
                              capture_output=True, check=True).stdout.decode()

    def require_content(self):
        """Nothing was refused, and nothing that we sent made Envoy warn."""
        for kind in ("listener_manager.lds", "cluster_manager.cds"):
            assert self.envoy.counter(kind + ".update_rejected") == 0
        told = self.envoy.log()
        bad = re.compile(r"deprecated|unknown field|rejected|\[(warning|error|critical)\]", re.I)
        assert not [line for line in told.splitlines() if bad.search(line)]
        assert not [p for p in self.control.fleet() if p.get("refusals")]

    def stop(self):
        for process in (self.envoy, self.control):
            if process is not None:
                process.stop()


@pytest.fixture(params=["DELTA_GRPC", "GRPC"])
def edge_envoy(request, tmp_path, blue, green, is_long):
    if not is_long:
        pytest.skip("with --long")
    edge = Edge(tmp_path, request.param, blue, green)
    try:
        yield edge
        edge.require_content()
    finally:
        edge.stop()


def test_envoy_serves_routes_and_endpoints(edge_envoy):
    assert edge_envoy.upstream_of("/blue") == "blue"
    assert edge_envoy.upstream_of("/green") == "green"
    assert {edge_envoy.upstream_of("/") for _ in range(40)} == {"blue", "green"}
    answer = curl(f"http://127.0.0.1:{edge_envoy.plain}/v1/x", host="api.localhost")
    assert (answer.json()["upstream"], answer.json()["path"]) == ("green", "/x")
    assert answer.header("x-api-version") == "1"
    assert curl(f"http://127.0.0.1:{edge_envoy.plain}/v2", host="api.localhost").status == 404


def test_envoy_serves_the_certificate_it_was_sent_as_a_secret(edge_envoy):
    answer = curl(f"https://a.test:{edge_envoy.tls}/blue", "--cacert",
                  str(edge_envoy.authority.certificate), "--resolve",
                  f"a.test:{edge_envoy.tls}:127.0.0.1")
    assert answer.json()["upstream"] == "blue"
    assert answer.version == "HTTP/2"
    dump = edge_envoy.envoy.admin("/config_dump?resource=dynamic_active_secrets").json()
    assert [c["secret"]["tls_certificate"] for c in dump["configs"]]


def test_envoy_follows_a_change_of_route(edge_envoy):
    told = edge_envoy.control.apply_live(
        objects.route("colors", "quickstart", [rule("green", matches=[path_match("/blue")])]))
    assert "envoy-1" in told.stdout
    until("the change", lambda: edge_envoy.upstream_of("/blue") == "green")


def test_envoy_follows_a_change_of_endpoints(edge_envoy):
    edge_envoy.control.apply_live(objects.backend("blue", edge_envoy.green.port))
    until("the change", lambda: edge_envoy.upstream_of("/blue") == "green")


def test_envoy_follows_a_change_of_certificate(edge_envoy):
    assert "b.test" not in edge_envoy.shown_certificate()
    edge_envoy.control.apply_live(edge_envoy.secret("a.test", "b.test", stem="second"))
    until("the change", lambda: "b.test" in edge_envoy.shown_certificate())


def test_envoy_lets_go_of_what_is_deleted(edge_envoy):
    edge_envoy.control.apply_live(
        objects.route("colors", "quickstart", [rule("blue", matches=[path_match("/blue")])]))
    edge_envoy.control.ctl("delete", "HTTPRoute", "api")
    edge_envoy.control.delete(objects.backend("green", edge_envoy.green.port))
    until("the cluster's end", lambda: "green" not in edge_envoy.envoy.admin(
        "/clusters?filter=.*green.*").body.decode())
    assert edge_envoy.upstream_of("/blue") == "blue"


def test_envoy_takes_every_filter_and_policy_that_the_gateway_writes(edge_envoy):
    """What translate can make, once, so that a field of the wrong type or place is found."""
    def modify():
        return {"add": [{"name": "x-a", "value": "1"}], "set": [{"name": "x-b", "value": "2"}],
                "remove": ["x-c"]}

    edge_envoy.control.apply_live(
        objects.route("colors", "quickstart", [
            rule("blue", matches=[{**path_match("/all"), "method": "GET",
                                   "headers": [{"name": "x-h", "value": "v.*",
                                                "type": "RegularExpression"}],
                                   "queryParams": [{"name": "q", "value": "1"}]}],
                 filters=[
                     {"type": "RequestHeaderModifier", "requestHeaderModifier": modify()},
                     {"type": "ResponseHeaderModifier", "responseHeaderModifier": modify()},
                     {"type": "URLRewrite", "urlRewrite": {
                         "hostname": "other.test",
                         "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}}},
                     {"type": "RequestMirror", "requestMirror": {"backendRef": objects.to_backend("green")}},
                     {"type": "CORS", "cors": {"allowOrigins": ["https://a.test"],
                                               "allowMethods": ["GET"], "maxAge": 60}},
                 ],
                 timeouts={"request": "5s", "backendRequest": "2s"},
                 retry={"attempts": 2, "codes": [503], "backoff": "100ms"}),
            rule(matches=[path_match("/go")], filters=[
                {"type": "RequestRedirect", "requestRedirect": {"scheme": "https",
                                                                "statusCode": 301}}]),
            rule(objects.to_backend("blue", 1), objects.to_backend("green", 0),
                 matches=[path_match("/w.*", "RegularExpression")]),
        ]),
        objects.file_log("quickstart", edge_envoy.control.folder / "access.log"),
        objects.policy("TrafficPolicy", "t", "Backend", "blue",
                       loadBalancing={"type": "LeastRequest"}))
    answer = curl(f"http://127.0.0.1:{edge_envoy.plain}/all?q=1",
                  headers=["x-h: vv", "origin: https://a.test"])
    assert answer.status == 200
    assert answer.header("x-b") == "2"
    assert answer.header("access-control-allow-origin") == "https://a.test"
    assert curl(f"http://127.0.0.1:{edge_envoy.plain}/go").status == 301
    assert edge_envoy.upstream_of("/weight") == "blue"


def test_envoy_is_in_the_fleet(edge_envoy):
    assert "envoy-1" in edge_envoy.control.ctl("fleet").stdout
