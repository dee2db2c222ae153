# SPDX-License-Identifier: Apache-2.0
"""Configuration changes while requests run: each takes effect, none costs a request."""
import contextlib
import re
import statistics
import time

from harness import objects
from harness.load import H2Load, SteadyClient
from harness.objects import rule, to_backend
from harness.ports import free_port


def test_the_next_request_on_an_open_connection_follows_the_new_route(edge):
    edge.route(rule("blue"))
    ask = b"GET / HTTP/1.1\r\nHost: " + edge.host.encode() + b"\r\n\r\n"
    with edge.stack.connect() as connection:
        connection.send(ask)
        assert connection.read_answer().json()["upstream"] == "blue"
        edge.route(rule("green"))
        connection.send(ask)
        assert connection.read_answer().json()["upstream"] == "green"


def test_a_deleted_route_is_gone_and_the_others_stay(edge):
    gone = edge.route(rule("blue"))
    edge.route(rule("green"), hostnames=["stays." + edge.host], short="stays")
    edge.stack.control.delete(gone)
    edge.stack.proxy.until("404", lambda: edge.get().status == 404)
    assert edge.upstream_of(host="stays." + edge.host) == "green"
    edge.apply(gone)  # for clean()


def test_changed_endpoints_take_the_traffic(edge, blue, green):
    name = edge.backend("moving", blue.port)
    edge.route(rule(name))
    assert edge.upstream_of() == "blue"
    edge.backend("moving", green.port)
    assert edge.upstream_of() == "green"


def test_apply_wait_prints_how_long_it_took(edge):
    edge.route(rule("blue"))
    told = edge.apply(objects.route(edge.name("route"), edge.stack.name, [rule("green")],
                                    [edge.host]))
    assert re.search(r"\d+(\.\d+)? ?ms", told.stdout)
    assert edge.upstream_of() == "green"


def test_500_changes_under_load_fail_no_request(edge, blue, green, record_property, capsys):
    """Routes, weights and endpoints change while keep-alive H1 and H2 connections are busy."""
    changes = 500
    moving = edge.backend("moving", blue.port)
    edge.route(rule(moving))
    flips = [
        lambda: edge.route(rule("green")),
        lambda: edge.route(rule(to_backend("blue", 1), to_backend("green", 3))),
        lambda: edge.route(rule(moving)),
        lambda: edge.backend("moving", green.port),
        lambda: edge.backend("moving", blue.port),
    ]
    took = []
    with SteadyClient(edge.stack.port, edge.host, connections=2) as client, \
            contextlib.ExitStack() as loads:
        client.until_answers(10)

        def more_load():
            return loads.enter_context(
                H2Load(f"http://127.0.0.1:{edge.stack.port}/", edge.host, 20000))

        load = more_load()
        for n in range(changes):
            began = time.monotonic()
            flips[n % len(flips)]()
            took.append((time.monotonic() - began) * 1000)
            if not load.running():
                assert load.result()[1] == 0
                load = more_load()
        client.until_answers(10)
        assert load.result()[1] == 0
    assert client.failures == []
    assert client.statuses() == {200}
    median, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    record_property("apply_to_effect_ms", f"median {median:.1f}, p99 {p99:.1f}")
    with capsys.disabled():
        print(f"\n{changes} changes, apply to effect: median {median:.1f} ms, p99 {p99:.1f} ms")


def test_adding_a_listener_leaves_open_connections_alone(stack):
    second = free_port()
    with stack.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert connection.read_answer().status == 200
        stack.control.apply_live(
            objects.gateway(
                "edge",
                [
                    objects.http_listener(stack.port),
                    objects.http_listener(second, name="second"),
                ],
            )
        )
        connection.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert connection.read_answer().status == 200
    stack.port = second
    assert stack.get().status == 200
