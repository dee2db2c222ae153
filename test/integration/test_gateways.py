# SPDX-License-Identifier: Apache-2.0
"""Gateways that go, come back and move while a proxy serves them."""
from harness import objects
from harness.clients import RawConnection, curl
from harness.ports import free_port, refuses


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
