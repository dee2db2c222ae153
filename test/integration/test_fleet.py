# SPDX-License-Identifier: Apache-2.0
"""What the control plane knows of its proxies."""
import json
import socket

import pytest

from harness import objects
from harness.gateway import Control, Proxy
from harness.objects import rule
from harness.ports import accepts, free_port
from harness.process import Process, program
from harness.wait import until


def test_fleet_shows_the_proxy_in_step(stack):
    (proxy,) = stack.control.fleet()
    assert proxy["node"] == "proxy-1" or proxy.get("nodeId") == "proxy-1"
    table = stack.control.ctl("fleet").stdout
    assert "proxy-1" in table
    assert "default/edge" in table


def test_a_proxy_that_ends_leaves_the_fleet(stack):
    stack.proxy.stop()
    until("an empty fleet", lambda: stack.control.fleet() == [])


def test_wait_is_for_every_proxy(stack, tmp_path):
    with Proxy(tmp_path, stack.control.ports["xds"], node_id="proxy-2"):
        until("two proxies", lambda: len(stack.control.fleet()) == 2)
        told = stack.control.apply_live(objects.route("main", "edge", [rule("green")]))
        assert "proxy-1" in told.stdout and "proxy-2" in told.stdout
        for _ in range(20):  # both share the port
            assert stack.get().json()["upstream"] == "green"


@pytest.fixture
def taken_port():
    """A port that no proxy can listen on: bound here, without SO_REUSEPORT."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def test_a_refusal_is_shown_with_its_reason_and_others_keep_serving(tmp_path, blue, taken_port):
    good_port, spare = free_port(), free_port()
    with Control(tmp_path) as control:
        control.apply(
            objects.gateway_class(),
            objects.gateway("good", [objects.http_listener(good_port)]),
            objects.gateway("bad", [objects.http_listener(taken_port)]),
            objects.backend("blue", blue.port),
            objects.route("good", "good", [rule("blue")]),
            objects.route("bad", "bad", [rule("blue")]))
        with Proxy(tmp_path, control.ports["xds"], "default/good", "good-1"), \
                Proxy(tmp_path, control.ports["xds"], "default/bad", "bad-1", wait=False) as bad:
            text = bad.until(
                "the refusal in fleet",
                lambda: (t := control.ctl("fleet").stdout) and str(taken_port) in t and t)
            assert "bad-1" in text
            status = control.get("gateways", "bad")["status"]
            assert str(taken_port) in str(status)
            assert accepts(good_port)
            # What the other Gateway's proxy refuses is not this change's affair.
            waited = control.apply_live(
                objects.route("good", "good", [rule("blue", timeouts={"request": "9s"})]))
            assert "live on 1/1 proxies" in waited.stdout
            assert "bad-1" not in waited.stdout
            # A change that reaches both names both, and is not live on all.
            waited = control.apply(objects.backend("blue", blue.port, spare),
                                   args=("--wait",), check=False)
            assert waited.returncode == 1
            assert "live on 1/2 proxies" in waited.stdout
            assert "bad-1" in waited.stdout and "refused" in waited.stdout
            # The same again changes nothing, and is as little live as before.
            again = control.apply(objects.backend("blue", blue.port, spare),
                                  args=("--wait",), check=False)
            assert again.returncode == 1
            assert "unchanged" in again.stdout and "live on 1/2 proxies" in again.stdout


def test_wait_says_of_a_change_that_it_reaches_no_proxy(stack):
    told = stack.control.apply_live(objects.backend("spare", free_port()))
    assert "reaches no proxy" in told.stdout
    told = stack.control.apply_live(
        objects.gateway("lonely", [objects.http_listener(free_port())]),
        objects.route("lonely", "lonely", [rule("blue")]))
    assert "no connected proxy" in told.stdout and "default/lonely" in told.stdout


def test_fields_that_a_proxy_does_not_act_on_are_listed_by_name(tmp_path):
    with Control(tmp_path) as control:
        control.apply(objects.gateway_class(),
                      objects.gateway("edge", [objects.http_listener(free_port())]))
        config = {
            "node": {"id": "odd-1", "cluster": "default/edge"},
            "dynamic_resources": {
                "ads_config": {
                    "api_type": "DELTA_GRPC", "transport_api_version": "V3",
                    "grpc_services": [{"envoy_grpc": {"cluster_name": "control"}}],
                },
                "cds_config": {"ads": {}, "resource_api_version": "V3"},
                "lds_config": {"ads": {}, "resource_api_version": "V3"},
            },
            "static_resources": {"clusters": [{
                "name": "control",
                "type": "STATIC",
                "connect_timeout": "1s",
                "common_lb_config": {"zone_aware_lb_config": {"min_cluster_size": 3}},
                "typed_extension_protocol_options": {
                    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                        "@type": "type.googleapis.com/"
                                 "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                        "explicit_http_config": {"http2_protocol_options": {}},
                    }},
                "load_assignment": {
                    "cluster_name": "control",
                    "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"socket_address": {
                        "address": "127.0.0.1", "port_value": control.ports["xds"]}}}}]}],
                },
            }]},
        }
        path = tmp_path / "bootstrap.json"
        path.write_text(json.dumps(config))
        with Process("odd-1", [program("sluice-proxy"), "-c", path, "--admin-listen="],
                     tmp_path) as proxy:
            fields = proxy.until(
                "the fields in the fleet",
                lambda: [f for p in control.fleet() for f in p.get("unsupportedFields", [])])
            assert any("zone_aware_lb_config" in field for field in fields)
            (row,) = [line.split() for line in control.ctl("fleet").stdout.splitlines()
                      if line.startswith("odd-1")]
            assert row[-1] == str(len(fields))
            told = control.ctl("fleet", "odd-1").stdout
            assert "odd-1 does not act on:" in told
            assert all(field in told for field in fields)
            assert control.ctl("fleet", "odd-2", check=False).returncode == 1


def test_status_says_how_many_proxies_serve_a_route(stack):
    def live():
        return "1/1" in str(stack.control.get("httproutes", "main").get("status"))

    stack.proxy.until("Live 1/1", live)
