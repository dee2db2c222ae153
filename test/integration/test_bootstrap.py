# SPDX-License-Identifier: Apache-2.0
"""sluice-proxy on an Envoy v3 bootstrap file."""
import json
import os
import socket
import subprocess

import pytest
import yaml

from harness.certificates import Authority
from harness.clients import CurlFailed, curl
from harness.ports import accepts, free_port
from harness.process import Process, program


def bootstrap(port, admin_port, upstream_port):
    types = "type.googleapis.com/envoy.extensions.filters"
    return {
        "node": {"id": "proxy-1", "cluster": "test"},
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": admin_port}}},
        "static_resources": {
            "listeners": [{
                "name": "main",
                "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
                "filter_chains": [{"filters": [{
                    "name": "envoy.filters.network.http_connection_manager",
                    "typed_config": {
                        "@type": types + ".network.http_connection_manager.v3.HttpConnectionManager",
                        "stat_prefix": "main",
                        "http_filters": [{
                            "name": "envoy.filters.http.router",
                            "typed_config": {"@type": types + ".http.router.v3.Router"},
                        }],
                        "route_config": {
                            "name": "r",
                            "virtual_hosts": [{
                                "name": "all",
                                "domains": ["*"],
                                "routes": [{"match": {"prefix": "/"},
                                            "route": {"cluster": "up"}}],
                            }],
                        },
                    },
                }]}],
            }],
            "clusters": [{
                "name": "up",
                "type": "STATIC",
                "connect_timeout": "1s",
                "load_assignment": {
                    "cluster_name": "up",
                    "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"socket_address": {
                        "address": "127.0.0.1", "port_value": upstream_port}}}}]}],
                },
            }],
        },
    }


def write(tmp_path, config, form):
    path = tmp_path / f"bootstrap.{form}"
    path.write_text(json.dumps(config) if form == "json" else yaml.safe_dump(config))
    return path


def validate(path):
    return subprocess.run([program("sluice-proxy"), "-c", str(path), "--mode", "validate"],
                          capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_static_bootstrap_serves(tmp_path, blue, form):
    port, admin = free_port(), free_port()
    path = write(tmp_path, bootstrap(port, admin, blue.port), form)
    with Process("proxy", [program("sluice-proxy"), "-c", path, "--concurrency", 1],
                 tmp_path) as proxy:
        proxy.until("the listener", lambda: accepts(port))
        assert curl(f"http://127.0.0.1:{port}/a").json()["upstream"] == "blue"
        assert curl(f"http://127.0.0.1:{admin}/ready").status == 200


def test_tls_and_plain_text_share_a_listener(tmp_path, blue):
    port, admin = free_port(), free_port()
    ca = Authority(tmp_path / "ca")
    certificate, key = ca.leaf("a.test")
    config = bootstrap(port, admin, blue.port)
    listener = config["static_resources"]["listeners"][0]
    listener["listener_filters"] = [{
        "name": "envoy.filters.listener.tls_inspector",
        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.listener"
                                  ".tls_inspector.v3.TlsInspector"},
    }]
    (plain,) = listener["filter_chains"]
    plain["filter_chain_match"] = {"transport_protocol": "raw_buffer"}
    tls = json.loads(json.dumps(plain))
    tls["filter_chain_match"] = {"transport_protocol": "tls", "server_names": ["a.test"]}
    tls["transport_socket"] = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
                     ".DownstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_certificates": [{"certificate_chain": {"filename": str(certificate)},
                                      "private_key": {"filename": str(key)}}],
            },
        },
    }
    listener["filter_chains"].append(tls)
    path = write(tmp_path, config, "yaml")
    with Process("proxy", [program("sluice-proxy"), "-c", path, "--concurrency", 1],
                 tmp_path) as proxy:
        proxy.until("the listener", lambda: accepts(port))
        for version in ["--http1.1", "--http2-prior-knowledge"]:
            answer = curl(f"http://127.0.0.1:{port}/a", version)
            assert answer.json()["headers"]["x-forwarded-proto"] == "http"
        for version in ["--http1.1", "--http2"]:
            answer = curl(f"https://a.test:{port}/a", version, "--cacert", str(ca.certificate),
                          "--resolve", f"a.test:{port}:127.0.0.1")
            assert answer.json()["headers"]["x-forwarded-proto"] == "https"
        with pytest.raises(CurlFailed):  # No chain has this server name.
            curl(f"https://b.test:{port}/", "-k", "--resolve", f"b.test:{port}:127.0.0.1")


def test_strict_dns_resolves(tmp_path, blue):
    port, admin = free_port(), free_port()
    config = bootstrap(port, admin, blue.port)
    cluster = config["static_resources"]["clusters"][0]
    cluster["type"] = "STRICT_DNS"
    cluster["dns_lookup_family"] = "V4_ONLY"
    (endpoint,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
    endpoint["endpoint"]["address"]["socket_address"]["address"] = "localhost"
    path = write(tmp_path, config, "yaml")
    with Process("proxy", [program("sluice-proxy"), "-c", path], tmp_path) as proxy:
        proxy.until("ready", lambda: curl(f"http://127.0.0.1:{admin}/ready").status == 200)
        assert curl(f"http://127.0.0.1:{port}/a").json()["upstream"] == "blue"


def test_validate_opens_no_port(tmp_path, blue):
    """Whoever serves on these ports meanwhile loses no connection to it. They are held without
    SO_REUSEPORT, so that a second socket on one would be refused."""
    with socket.create_server(("127.0.0.1", 0)) as main, \
            socket.create_server(("127.0.0.1", 0)) as admin:
        ports = (s.getsockname()[1] for s in (main, admin))
        done = validate(write(tmp_path, bootstrap(*ports, blue.port), "yaml"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "configuration OK\n"


def test_there_are_as_many_workers_as_cores_that_may_be_used(tmp_path, blue):
    """One core of however many; each worker has a listening socket of its own."""
    port, admin = free_port(), free_port()
    path = write(tmp_path, bootstrap(port, admin, blue.port), "json")
    core = min(os.sched_getaffinity(0))
    with Process("proxy", [program("sluice-proxy"), "-c", path], tmp_path,
                 preexec=lambda: os.sched_setaffinity(0, {core})) as proxy:
        proxy.until("ready", lambda: curl(f"http://127.0.0.1:{admin}/ready").status == 200)
        told = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True,
                              check=True).stdout
    assert len(told.splitlines()) == 1, told


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda c: c["static_resources"]["clusters"][0].update(typo=1), ["typo"]),
        (lambda c: c["static_resources"]["clusters"][0].update(connect_timeout="soon"),
         ["connect_timeout"]),
        (lambda c: c["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0][
            "typed_config"]["route_config"]["virtual_hosts"][0]["routes"][0]["route"].update(
                cluster="nobody"), ["nobody"]),
    ],
    ids=["unknown-field", "bad-duration", "unknown-cluster"])
def test_validate_names_what_is_wrong(tmp_path, blue, change, words):
    config = bootstrap(free_port(), free_port(), blue.port)
    change(config)
    done = validate(write(tmp_path, config, "yaml"))
    assert done.returncode != 0
    for word in words:
        assert word in done.stdout + done.stderr


def test_a_missing_file_is_named(tmp_path):
    done = validate(tmp_path / "no.yaml")
    assert done.returncode != 0
    assert "no.yaml" in done.stderr
