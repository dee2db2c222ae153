# SPDX-License-Identifier: Apache-2.0
"""Real Envoy in the place of sluice-proxy: the wire is the same. With --long only."""
import os
import pathlib

import pytest
import yaml

from harness import objects
from harness.certificates import Authority
from harness.clients import curl
from harness.gateway import Control
from harness.objects import path_match, rule
from harness.ports import free_port
from harness.process import Process
from harness.wait import until

CACHE = pathlib.Path(os.environ.get("SLUICE_CACHE", pathlib.Path.home() / ".cache/sluice"))
ENVOY = CACHE / "peers/bin/envoy"


def bootstrap(xds_port, admin_port):
    def address(port):
        return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    source = {"resource_api_version": "V3", "ads": {}}
    return {
        "node": {"id": "envoy-1", "cluster": "default/edge"},
        "admin": {"address": address(admin_port)},
        "dynamic_resources": {
            "ads_config": {
                "api_type": "DELTA_GRPC",
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


@pytest.fixture
def envoy(tmp_path, blue, green, is_long):
    """Envoy under sluice-control; yields (control, plain port, TLS port, authority)."""
    if not is_long:
        pytest.skip("with --long")
    if not ENVOY.exists():
        pytest.fail(f"{ENVOY} is missing: run tools/bench --peers")
    ca = Authority(tmp_path / "ca")
    certificate, key = ca.leaf("a.test")
    plain, tls, admin = free_port(), free_port(), free_port()
    with Control(tmp_path) as control:
        control.apply(
            objects.gateway_class(),
            objects.secret("a", certificate.read_text(), key.read_text()),
            objects.gateway("edge", [objects.http_listener(plain),
                                     objects.https_listener(tls, "a", hostname="a.test")]),
            objects.backend("blue", blue.port),
            objects.backend("green", green.port),
            objects.route("main", "edge", [rule("blue", matches=[path_match("/blue")]),
                                           rule("green", matches=[path_match("/green")])]))
        path = tmp_path / "envoy.yaml"
        path.write_text(yaml.safe_dump(bootstrap(control.ports["xds"], admin)))
        with Process("envoy", [ENVOY, "-c", path, "--use-dynamic-base-id", "--concurrency", 1],
                     tmp_path) as process:
            process.until("Envoy is ready",
                          lambda: curl(f"http://127.0.0.1:{admin}/ready").status == 200, 30)
            yield control, plain, tls, ca


def test_envoy_serves_routes_and_endpoints(envoy):
    _, plain, _, _ = envoy
    for name in ("blue", "green"):
        assert curl(f"http://127.0.0.1:{plain}/{name}").json()["upstream"] == name
    assert curl(f"http://127.0.0.1:{plain}/neither").status == 404


def test_envoy_serves_the_certificate(envoy):
    _, _, tls, ca = envoy
    answer = curl(f"https://a.test:{tls}/blue", "--cacert", str(ca.certificate), "--resolve",
                  f"a.test:{tls}:127.0.0.1")
    assert answer.json()["upstream"] == "blue"


def test_envoy_follows_a_live_change(envoy):
    control, plain, _, _ = envoy
    told = control.apply_live(
        objects.route("main", "edge", [rule("green", matches=[path_match("/blue")])]))
    assert "envoy-1" in told.stdout
    until("the change",
          lambda: curl(f"http://127.0.0.1:{plain}/blue").json()["upstream"] == "green")


def test_envoy_is_in_the_fleet(envoy):
    control, _, _, _ = envoy
    assert "envoy-1" in control.ctl("fleet").stdout
