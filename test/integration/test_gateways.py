# SPDX-License-Identifier: Apache-2.0
"""Gateways that go, come back and move while a proxy serves them."""
import contextlib
import subprocess

from harness import objects
from harness.clients import RawConnection, curl
from harness.namespace import Namespace
from harness.ports import free_port, refuses
from harness.process import Process, program


def test_a_deleted_gateway_is_served_no_more_and_comes_back(stack):
    for _ in range(3):
        stack.control.ctl("delete", "gateway", stack.name)
        stack.proxy.until("a closed port", lambda: refuses(stack.port))
        stack.control.apply_live(objects.gateway(stack.name, [objects.http_listener(stack.port)]))
        assert stack.get().status == 200


def test_a_request_under_way_outlives_its_gateway(stack):
    with stack.connect() as connection:
        connection.send(b"GET /delay/1500 HTTP/1.1\r\nHost: a.test\r\n\r\n")
        stack.proxy.until(
            "a request under way",
            lambda: stack.proxy.metric("downstream_requests_active") >= 1)
        stack.control.ctl("delete", "gateway", stack.name)
        stack.proxy.until("a closed port", lambda: refuses(stack.port))
        answer = connection.read_answer()
        assert answer.status == 200
        assert answer.header("connection") == "close"


def test_a_listener_that_moves_is_open_at_its_new_port_only(stack):
    moved = free_port()
    stack.control.apply_live(objects.gateway(stack.name, [objects.http_listener(moved)]))
    assert curl(f"http://127.0.0.1:{moved}/").status == 200
    stack.proxy.until("the old port is closed", lambda: refuses(stack.port))


def test_a_request_under_way_outlives_its_route_and_backend(stack, green):
    stack.control.apply_live(
        objects.backend("short", green.port),
        objects.route("short", stack.name, [objects.rule("short")], ["short.test"]))
    with RawConnection(stack.port) as connection:
        connection.send(b"GET /delay/1500 HTTP/1.1\r\nHost: short.test\r\n\r\n")
        stack.proxy.until(
            "a request under way",
            lambda: stack.proxy.metric("downstream_requests_active") >= 1)
        stack.control.ctl("delete", "httproute", "short")
        stack.control.ctl("delete", "backend", "short")
        stack.proxy.until("gone", lambda: stack.get(host="short.test").json()["upstream"] == "blue")
        assert connection.read_answer().status == 200


def test_without_addresses_all_of_both_families_are_bound(tmp_path):
    everywhere = objects.gateway("edge", [objects.http_listener(8080)])
    del everywhere["spec"]["addresses"]
    with contextlib.ExitStack() as started:
        def start(name, *args, prefix=()):
            process = Process(name, [*prefix, program(name), *args], tmp_path)
            started.callback(process.stop)
            return process

        namespace = Namespace(tmp_path)
        started.callback(namespace.stop)

        def run(*args, text=None):
            return subprocess.run([*namespace.prefix, *args], input=text, capture_output=True,
                                  text=True, timeout=30)

        control = start("sluice-control", "--data-dir", tmp_path / "control", "--registry", "sqlite",
                        prefix=namespace.prefix)
        ctl = (program("sluicectl"), "--server", "127.0.0.1:15020")
        control.until("the push API", lambda: run(*ctl, "fleet").returncode == 0)
        proxy = start("sluice-proxy", "--control", "127.0.0.1:15010", "--gateway", "default/edge",
                      "--node-id", "one", "--concurrency", "2", prefix=namespace.prefix)
        applied = run(*ctl, "apply", "-f", "-",
                      text=objects.to_yaml(objects.gateway_class(), everywhere))
        assert applied.returncode == 0, applied.stderr
        for address in ("127.0.0.1", "127.0.0.77", "[::1]"):
            proxy.until(f"an answer at {address}", lambda a=address: run(
                "curl", "-sg", "-o", "/dev/null", "-w", "%{http_code}",
                f"http://{a}:8080/").stdout == "404")
        assert "refused" not in run(*ctl, "fleet").stdout
